{#
    Whether a date column lies in the days that this microbatch builds, widened by
    whole days. True outside a batch (unit tests, compilation).

    days_before, days_after: integer
#}
{% macro in_batch(column, days_before=0, days_after=0) -%}
    {%- if model.batch -%}
        {%- set first = model.batch.event_time_start.date()
            - modules.datetime.timedelta(days=days_before) -%}
        {%- set last = (model.batch.event_time_end
            - modules.datetime.timedelta(microseconds=1)).date()
            + modules.datetime.timedelta(days=days_after) -%}
        {{ column }} between cast('{{ first }}' as date) and cast('{{ last }}' as date)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
