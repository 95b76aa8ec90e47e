{#
    dbt-spark's own, but a day that became empty loses its rows: an `insert overwrite` of
    no rows for a day leaves that day as it was. Not a pre-hook, which runs before the
    first batch alone. Spark only; on DuckDB a batch deletes its days by itself.
#}
{% macro get_insert_overwrite_sql(source_relation, target_relation, existing_relation) -%}
    {%- if model.batch -%}
        {%- do empty_batch(target_relation) -%}
    {%- endif -%}
    insert overwrite table {{ target_relation }} {{ partition_cols(label='partition') }}
    select
        {%- for column in adapter.get_columns_in_relation(target_relation) %}
        {{ column.quoted }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ source_relation }}
{%- endmacro %}

{# Drop the partitions of the days that this batch builds. #}
{% macro empty_batch(relation) -%}
    {%- set first = model.batch.event_time_start.date() -%}
    {%- set day_count = (model.batch.event_time_end.date() - first).days -%}
    {%- set partitions = [] -%}
    {%- for number in range(day_count) -%}
        {%- set day = first + modules.datetime.timedelta(days=number) -%}
        {%- do partitions.append("partition (event_date = '" ~ day ~ "')") -%}
    {%- endfor -%}
    {%- do run_query(
        'alter table ' ~ relation ~ ' drop if exists ' ~ partitions | join(', ')
    ) -%}
{%- endmacro %}
