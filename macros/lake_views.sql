{#
    On Spark a source is a view over the lake's files, made before a build by
    `dbt run-operation lake_views`; DuckDB reads the files where `source()` stands.
#}
{% macro lake_views() -%}
    {%- for source in graph.sources.values() %}
        {%- set location = source.meta.spark_location.replace('{name}', source.name) %}
        {%- do run_query('create schema if not exists ' ~ source.schema) %}
        {%- do run_query(
            'create or replace view ' ~ source.schema ~ '.' ~ source.identifier
            ~ ' as select * from parquet.`' ~ location ~ '`'
        ) %}
    {%- endfor %}
{%- endmacro %}
