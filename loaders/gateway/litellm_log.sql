-- LiteLLM's StandardLoggingPayload: one record per attempt that the proxy saw.
-- Gives `calls`, which litellm.sql reads, one row per record of `raw_records(record)` in
-- file order. A record that is not JSON is null there.
with parsed as (
    -- One parse per record. Numbers and times come as text: what is not one is then
    -- refused by name instead of turning into null.
    select
        case
            when record is null then 'malformed_json'
            when record not like '{%' then 'not_an_object'
        end as problem,
        json_transform(record, '{
            "id": "VARCHAR", "litellm_call_id": "VARCHAR", "trace_id": "VARCHAR",
            "call_type": "VARCHAR", "status": "VARCHAR", "stream": "BOOLEAN",
            "cache_hit": "BOOLEAN", "custom_llm_provider": "VARCHAR",
            "startTime": "VARCHAR", "endTime": "VARCHAR",
            "completionStartTime": "VARCHAR", "model": "VARCHAR",
            "model_group": "VARCHAR", "model_id": "VARCHAR", "api_base": "VARCHAR",
            "prompt_tokens": "VARCHAR", "completion_tokens": "VARCHAR",
            "total_tokens": "VARCHAR",
            "response_cost": "VARCHAR", "response_cost_failure_debug_info": "VARCHAR",
            "zero_cost_diagnostic": "VARCHAR", "end_user": "VARCHAR",
            "request_tags": ["VARCHAR"], "requester_ip_address": "VARCHAR",
            "user_agent": "VARCHAR",
            "error_information": {
                "error_code": "VARCHAR", "error_class": "VARCHAR",
                "llm_provider": "VARCHAR", "error_rate_limit_type": "VARCHAR"
            },
            "model_parameters": {
                "stream": "BOOLEAN", "max_tokens": "BIGINT",
                "max_completion_tokens": "BIGINT", "n": "BIGINT",
                "temperature": "DOUBLE", "top_p": "DOUBLE",
                "frequency_penalty": "DOUBLE", "presence_penalty": "DOUBLE",
                "reasoning_effort": "VARCHAR", "service_tier": "VARCHAR"
            },
            "hidden_params": {
                "litellm_overhead_time_ms": "VARCHAR",
                "additional_headers": {
                    "x-litellm-attempted-retries": "VARCHAR",
                    "x-litellm-attempted-fallbacks": "VARCHAR",
                    "llm_provider-openai-organization": "VARCHAR",
                    "llm_provider-anthropic-organization-id": "VARCHAR",
                    "llm_provider-openai-project": "VARCHAR",
                    "x_ratelimit_limit_requests": "VARCHAR",
                    "x_ratelimit_remaining_requests": "VARCHAR"
                }
            },
            "metadata": {
                "user_api_key_hash": "VARCHAR", "user_api_key_user_id": "VARCHAR",
                "user_api_key_team_id": "VARCHAR", "user_api_key_org_id": "VARCHAR",
                "user_api_key_project_id": "VARCHAR",
                "user_api_key_end_user_id": "VARCHAR",
                "user_api_key_request_route": "VARCHAR",
                "internal_call_origin": "VARCHAR",
                "requester_ip_address": "VARCHAR", "user_agent": "VARCHAR",
                "spend_logs_metadata": {"project": "VARCHAR"},
                "user_api_key_auth_metadata": {"plan": "VARCHAR"},
                "requester_custom_headers": {"x-idempotency-key": "VARCHAR"},
                "requester_metadata": {"headers": {"content-length": "VARCHAR"}},
                "prompt_management_metadata": {"prompt_id": "VARCHAR"},
                "usage_object": "JSON"
            },
            "response": {
                "usage": "JSON", "stop_reason": "VARCHAR",
                "choices": [{"finish_reason": "VARCHAR"}]
            }
        }') as call
    from raw_records
)

select
    problem,
    call.id as record_id,
    call.litellm_call_id as call_id,
    call.trace_id as trace_id,
    call.metadata.requester_custom_headers."x-idempotency-key" as idempotency_key,
    call.status as status,
    call.call_type as call_type,
    call.startTime as started,
    call.endTime as ended,
    call.completionStartTime as first_token,
    cast(null as varchar) as updated,

    call.metadata.user_api_key_hash as api_key,
    call.metadata.user_api_key_user_id as developer,
    coalesce(
        known(call.metadata.user_api_key_project_id),
        call.metadata.spend_logs_metadata.project
    ) as project,
    call.metadata.user_api_key_team_id as team,
    call.metadata.user_api_key_org_id as organization,
    call.metadata.user_api_key_auth_metadata.plan as plan,
    coalesce(known(call.end_user), call.metadata.user_api_key_end_user_id) as end_user,
    coalesce(
        known(call.requester_ip_address), call.metadata.requester_ip_address
    ) as client_ip,
    coalesce(known(call.user_agent), call.metadata.user_agent) as user_agent,

    call.metadata.user_api_key_request_route as endpoint,
    call.metadata.internal_call_origin as internal_call_origin,
    call.metadata.prompt_management_metadata.prompt_id as prompt_template,
    call.custom_llm_provider as provider,
    call.model as model,
    call.model_group as model_asked,
    call.model_id as deployment,
    call.api_base as api_base,
    coalesce(
        known(headers."llm_provider-openai-organization"),
        headers."llm_provider-anthropic-organization-id"
    ) as provider_account,
    headers."llm_provider-openai-project" as provider_project,
    headers."x-litellm-attempted-retries" as attempted_retries,
    headers."x-litellm-attempted-fallbacks" as attempted_fallbacks,

    call.hidden_params.litellm_overhead_time_ms as overhead_ms,
    call.stream as is_streamed,
    -- `stream` is true or null, and null on a stream that failed.
    coalesce(call.model_parameters.stream, case when call.status = 'success' then false end)
        as is_stream_asked,
    call.cache_hit as is_hit,
    call.error_information.error_code as error_code,
    call.error_information.error_class as error_class,
    call.error_information.llm_provider as error_provider,
    call.error_information.error_rate_limit_type as error_rate_limit,
    coalesce(
        known(call.response.choices[1].finish_reason), call.response.stop_reason
    ) as finish_reason,

    call.prompt_tokens as prompt_tokens,
    call.completion_tokens as completion_tokens,
    call.total_tokens as total_tokens,
    coalesce(nullif(call.metadata.usage_object, '{}'), call.response.usage) as usage,
    'response_cost' as cost_field,
    call.response_cost as cost,
    -- Zero with a diagnosis is a price that LiteLLM did not know.
    coalesce(call.response_cost_failure_debug_info, '{}') <> '{}'
    or coalesce(call.zero_cost_diagnostic, '{}') <> '{}' as is_zero_unknown,

    call.metadata.requester_metadata.headers."content-length" as request_bytes,
    headers.x_ratelimit_limit_requests as quota_limit,
    headers.x_ratelimit_remaining_requests as quota_remaining,
    call.request_tags as tags,
    nullif(cast(json_merge_patch('{}', json_object(
        'frequency_penalty', finite(call.model_parameters.frequency_penalty),
        'max_completion_tokens', call.model_parameters.max_completion_tokens,
        'max_tokens', call.model_parameters.max_tokens,
        'n', call.model_parameters.n,
        'presence_penalty', finite(call.model_parameters.presence_penalty),
        'reasoning_effort', known(call.model_parameters.reasoning_effort[:32]),
        'service_tier', known(call.model_parameters.service_tier[:32]),
        'temperature', finite(call.model_parameters.temperature),
        'top_p', finite(call.model_parameters.top_p)
    )) as varchar), '{}') as params
from (select *, call.hidden_params.additional_headers as headers from parsed)
