{#
    dbt's hook for `where:` in tests. `where: audited_days` stands for the days that this
    audit looks at (var `audited_days`, a list of [first, last] pairs; null: all), so
    that a night's tests do not grow with history.
#}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where') -%}
    {%- if where == 'audited_days' -%}
        (select * from {{ relation }} where {{ audited_days('event_date') }}) as audited
    {%- elif where -%}
        (select * from {{ relation }} where {{ where }}) as narrowed
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}
