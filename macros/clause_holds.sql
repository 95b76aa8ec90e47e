{#
    Whether a clause of `price_models` holds for a name.

    name: string expression, lower case; clauses: string, a relation
#}
{% macro clause_holds(name, clauses) -%}
    case {{ clauses }}.clause_kind
        when 'equals' then {{ name }} = {{ clauses }}.clause_text
        when 'starts_with'
            then left({{ name }}, length({{ clauses }}.clause_text))
            = {{ clauses }}.clause_text
        when 'ends_with'
            then right({{ name }}, length({{ clauses }}.clause_text))
            = {{ clauses }}.clause_text
        when 'contains' then position({{ clauses }}.clause_text in {{ name }}) > 0
        when 'regex' then {{ matches(name, clauses ~ '.clause_text') }}
        when 'not_regex' then not {{ matches(name, clauses ~ '.clause_text') }}
    end
{%- endmacro %}
