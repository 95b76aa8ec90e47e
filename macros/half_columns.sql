{#
    What one half of a request may know and the other not, where a gateway tells of a
    request in two records: everything but who it is, when it was, and its tokens.
#}
{% macro half_columns() -%}
    {{ return([
        'completed_at', 'api_key_id', 'developer_id', 'plan_id', 'end_user_id',
        'service', 'endpoint', 'method', 'api_version', 'operation', 'provider',
        'model_requested', 'model_served', 'deployment_id', 'upstream_host',
        'provider_response_id', 'region', 'ip_family', 'country', 'client_ip_hash',
        'client_net_hash', 'sdk_name', 'sdk_version', 'runtime', 'device_class',
        'request_duration_us', 'upstream_us', 'status_code', 'error_type',
        'error_code', 'is_streamed', 'is_aborted', 'is_gateway_cache_hit',
        'cache_status', 'request_bytes', 'response_bytes',
    ]) }}
{%- endmacro %}
