{#
    A name whose compact date, "-20251211", is written with dashes.

    name: string expression
#}
{% macro dashed_date(name) -%}
    {{ adapter.dispatch('dashed_date')(name) }}
{%- endmacro %}

{% macro default__dashed_date(name) -%}
    regexp_replace(
        {{ name }},
        '-(20[0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])(-|:|$)',
        '-\1-\2-\3\4'
    )
{%- endmacro %}

{% macro spark__dashed_date(name) -%}
    regexp_replace(
        {{ name }},
        '-(20[0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])(-|:|$)',
        '-$1-$2-$3$4'
    )
{%- endmacro %}
