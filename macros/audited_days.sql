{# Whether a date column lies in the days that this audit looks at. #}
{% macro audited_days(column) -%}
    {%- set ranges = var('audited_days') -%}
    {%- if ranges is none -%}
        true
    {%- else -%}
        (false
        {%- for first, last in ranges %}
            or {{ column }} between cast('{{ first }}' as date)
            and cast('{{ last }}' as date)
        {%- endfor %})
    {%- endif -%}
{%- endmacro %}
