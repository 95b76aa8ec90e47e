{#
    What an attempt came to: `succeeded`, `aborted` or `failed`; null where nothing says
    so. Several gateways log no status, only errors: there tokens tell of an answer.

    relation: string, with the columns of fct_attempts
#}
{% macro attempt_outcome(relation) -%}
    case
        when {{ relation }}.is_aborted then 'aborted'
        when {{ relation }}.error_type is not null or {{ relation }}.status_code >= 400
            then 'failed'
        when {{ relation }}.status_code < 400 or {{ relation }}.token_basis <> 'missing'
            then 'succeeded'
    end
{%- endmacro %}
