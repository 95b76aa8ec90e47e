{#
    Every column of a relation but some.

    relation: string, a CTE; columns: list of string
#}
{% macro all_but(relation, columns) -%}
    {{ adapter.dispatch('all_but')(relation, columns) }}
{%- endmacro %}

{% macro default__all_but(relation, columns) -%}
    {{ relation }}.* exclude ({{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__all_but(relation, columns) -%}
    {{ relation }}.* except ({{ columns | join(', ') }})
{%- endmacro %}
