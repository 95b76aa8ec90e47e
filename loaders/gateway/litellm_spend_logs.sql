-- A row of LiteLLM's table LiteLLM_SpendLogs: what the proxy charged for one call. Gives
-- `calls`, which litellm.sql reads, one row per record of `raw_records(record)` in file
-- order. Objects are often text inside the row; text that is not JSON is refused.
with row_said as (
    select
        record,
        json_transform(record, '{
            "request_id": "VARCHAR", "litellm_call_id": "VARCHAR",
            "session_id": "VARCHAR", "call_type": "VARCHAR", "status": "VARCHAR",
            "cache_hit": "VARCHAR", "custom_llm_provider": "VARCHAR",
            "startTime": "VARCHAR", "endTime": "VARCHAR",
            "updated_at": "VARCHAR", "model": "VARCHAR", "model_group": "VARCHAR",
            "model_id": "VARCHAR", "api_base": "VARCHAR", "prompt_tokens": "VARCHAR",
            "completion_tokens": "VARCHAR", "total_tokens": "VARCHAR",
            "spend": "VARCHAR", "api_key": "VARCHAR", "user": "VARCHAR",
            "team_id": "VARCHAR", "organization_id": "VARCHAR", "end_user": "VARCHAR",
            "requester_ip_address": "VARCHAR", "request_tags": "VARCHAR",
            "metadata": "VARCHAR", "response": "VARCHAR"
        }') as call
    from raw_records
),

checked as (
    select
        *,
        case
            when record is null then 'malformed_json'
            when record not like '{%' then 'not_an_object'
            else coalesce(
                refuse_json('metadata', call.metadata, 'OBJECT'),
                refuse_json('request_tags', call.request_tags, 'ARRAY')
            )
        end as problem
    from row_said
),

unwrapped as (
    select
        *,
        json_transform(case when json_valid(call.metadata) then call.metadata end, '{
            "litellm_call_id": "VARCHAR", "status": "VARCHAR",
            "user_api_key": "VARCHAR", "user_api_key_user_id": "VARCHAR",
            "user_api_key_team_id": "VARCHAR", "user_api_key_org_id": "VARCHAR",
            "user_api_key_project_id": "VARCHAR",
            "user_api_key_end_user_id": "VARCHAR",
            "user_api_key_request_route": "VARCHAR",
            "user_api_key_auth_metadata": {"plan": "VARCHAR"},
            "spend_logs_metadata": {"project": "VARCHAR"},
            "requester_ip_address": "VARCHAR", "user_agent": "VARCHAR",
            "internal_call_origin": "VARCHAR", "original_model_group": "VARCHAR",
            "attempted_retries": "VARCHAR", "attempted_fallbacks": "VARCHAR",
            "litellm_overhead_time_ms": "VARCHAR",
            "error_information": {
                "error_code": "VARCHAR", "error_class": "VARCHAR",
                "llm_provider": "VARCHAR", "error_rate_limit_type": "VARCHAR"
            },
            "usage_object": "JSON", "additional_usage_values": "JSON"
        }') as metadata,
        -- Kept only where the operator said so, and then cut where it is long.
        json_transform(case when json_valid(call.response) then call.response end, '{
            "usage": "JSON", "stop_reason": "VARCHAR",
            "choices": [{"finish_reason": "VARCHAR"}]
        }') as response,
        json_transform(
            case when json_valid(call.request_tags) then call.request_tags end,
            '["VARCHAR"]'
        ) as tags
    from checked
)

select
    problem,
    call.request_id as record_id,
    coalesce(known(call.litellm_call_id), metadata.litellm_call_id) as call_id,
    call.session_id as trace_id,
    cast(null as varchar) as idempotency_key,
    -- Rows from before failures had rows of their own have no status.
    coalesce(
        known(call.status),
        known(metadata.status),
        case when known(metadata.error_information.error_class) is null then 'success' end
    ) as status,
    call.call_type as call_type,
    call.startTime as started,
    call.endTime as ended,
    cast(null as varchar) as first_token,
    call.updated_at as updated,

    coalesce(known(call.api_key), metadata.user_api_key) as api_key,
    coalesce(known(call.user), metadata.user_api_key_user_id) as developer,
    coalesce(
        known(metadata.user_api_key_project_id), metadata.spend_logs_metadata.project
    ) as project,
    coalesce(known(call.team_id), metadata.user_api_key_team_id) as team,
    coalesce(known(call.organization_id), metadata.user_api_key_org_id) as organization,
    metadata.user_api_key_auth_metadata.plan as plan,
    coalesce(known(call.end_user), metadata.user_api_key_end_user_id) as end_user,
    coalesce(known(call.requester_ip_address), metadata.requester_ip_address)
        as client_ip,
    metadata.user_agent as user_agent,

    metadata.user_api_key_request_route as endpoint,
    metadata.internal_call_origin as internal_call_origin,
    cast(null as varchar) as prompt_template,
    call.custom_llm_provider as provider,
    call.model as model,
    coalesce(known(metadata.original_model_group), call.model_group) as model_asked,
    call.model_id as deployment,
    call.api_base as api_base,
    cast(null as varchar) as provider_account,
    cast(null as varchar) as provider_project,
    metadata.attempted_retries as attempted_retries,
    metadata.attempted_fallbacks as attempted_fallbacks,

    metadata.litellm_overhead_time_ms as overhead_ms,
    -- A row does not say whether it was streamed, so its first token's time means nothing.
    cast(null as boolean) as is_streamed,
    cast(null as boolean) as is_stream_asked,
    try_cast(known(call.cache_hit) as boolean) as is_hit,
    metadata.error_information.error_code as error_code,
    metadata.error_information.error_class as error_class,
    metadata.error_information.llm_provider as error_provider,
    metadata.error_information.error_rate_limit_type as error_rate_limit,
    coalesce(known(response.choices[1].finish_reason), response.stop_reason)
        as finish_reason,

    call.prompt_tokens as prompt_tokens,
    call.completion_tokens as completion_tokens,
    call.total_tokens as total_tokens,
    coalesce(
        nullif(metadata.usage_object, '{}'),
        nullif(metadata.additional_usage_values, '{}'),
        response.usage
    ) as usage,
    'spend' as cost_field,
    call.spend as cost,
    false as is_zero_unknown,

    cast(null as varchar) as request_bytes,
    cast(null as varchar) as quota_limit,
    cast(null as varchar) as quota_remaining,
    tags,
    cast(null as varchar) as params
from unwrapped
