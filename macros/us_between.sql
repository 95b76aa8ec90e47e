{#
    Microseconds between two timestamps as bigint, null where the second is earlier:
    a clock that went back measures nothing.

    earlier, later: timestamp expressions
#}
{% macro us_between(earlier, later) -%}
    {{ adapter.dispatch('us_between')(earlier, later) }}
{%- endmacro %}

{% macro default__us_between(earlier, later) -%}
    case
        when {{ later }} >= {{ earlier }}
            then date_diff('microsecond', {{ earlier }}, {{ later }})
    end
{%- endmacro %}

{% macro spark__us_between(earlier, later) -%}
    case
        when {{ later }} >= {{ earlier }}
            then unix_micros({{ later }}) - unix_micros({{ earlier }})
    end
{%- endmacro %}
