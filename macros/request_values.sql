{#
    Every value of a gateway request, in order, to choose between two copies that differ
    in nothing named before. A test holds the list against loaders/contract.py.

    relation: string
#}
{% macro request_values(relation) -%}
    {%- set names = "
        id_basis logical_request_id idempotency_key trace_id provider_response_id
        completed_at client_sent_at api_key_id developer_id application_id
        project_id team_id organization_id plan_id client_id end_user_id service
        endpoint method api_version operation environment job_type
        prompt_template_id provider model_requested model_served deployment_id
        upstream_host provider_account_hint provider_project_hint service_tier
        is_batch fallback_from_model retry_reason attempted_retries
        attempted_fallbacks region pop asn ip_family country network_type
        client_ip_hash client_net_hash sdk_name sdk_version runtime device_class
        request_duration_us upstream_us queue_us gateway_us ttft_us status_code
        error_type error_code finish_reason is_streamed is_aborted
        is_gateway_cache_hit cache_status input_uncached_tokens cache_read_tokens
        cache_write_5m_tokens cache_write_1h_tokens cache_write_other_tokens
        output_tokens reasoning_tokens audio_input_tokens cache_read_audio_tokens
        audio_output_tokens image_input_tokens image_units web_search_calls
        request_bytes response_bytes input_items token_basis logged_cost_usd
        quota_bucket quota_consumed quota_limit quota_remaining experiment variant
        feature_flags tags params prediction_confidence feedback_score
        source_version
    ".split() -%}
    {%- for name in names %}
                {{ relation }}.{{ name }} nulls last
                {%- if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}
