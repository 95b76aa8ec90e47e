{#
    Whether a regular expression is found anywhere in a text.

    text, pattern: string expressions
#}
{% macro matches(text, pattern) -%}
    {{ adapter.dispatch('matches')(text, pattern) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}

{% macro spark__matches(text, pattern) -%}
    regexp_like({{ text }}, {{ pattern }})
{%- endmacro %}
