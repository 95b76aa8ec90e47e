{#
    The columns of this model's own contract that come unchanged from one relation,
    qualified. The contract is the list; it is not written twice.

    relation: string, a CTE's name; computed: list of the columns that the model makes
#}
{% macro own_columns(relation, computed=[]) -%}
    {%- for name in model.columns if name not in computed %}
        {{ relation }}.{{ name }},
    {%- endfor %}
{%- endmacro %}
