{#
    Number of the log bucket of a duration: bucket b holds what is above g^(b-1) and at
    most g^b, g = 101/99. Its value 0.99 * g^b (that is 2 g^b / (g + 1)) is within 1 %
    of everything in it. 0 has a bucket of its own, -1, whose value is 0; null stays
    null, and so does a negative number, of which there should be none.

    The constant is ln(g), written out: the same bucket on every engine, and the exact
    one, for every integer up to 10^11 (tests/test_log_buckets.py). In e-notation, else
    DuckDB reads a decimal. A double may land one bucket off: integers only.

    us: bigint expression, microseconds
#}
{% macro log_bucket(us) -%}
    case
        when {{ us }} = 0 then -1
        when {{ us }} > 0
            then cast(ceil(ln(cast({{ us }} as double)) / 2.0000666706669524e-2) as int)
    end
{%- endmacro %}
