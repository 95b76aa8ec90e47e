-- LiteLLM's StandardLoggingPayload: one record per attempt that the proxy saw.
-- Reads `raw_records(record)`, one JSON text per row in file order, null where the text
-- is not JSON. Gives the columns of gateway_requests and `reject` (null where it is fit).
with parsed as (
    -- One parse per record. Numbers and times come as text: what is not one is then
    -- refused by name instead of turning into null.
    select
        record is null as is_malformed,
        record not like '{%' as is_not_object,
        json_transform(record, '{
            "id": "VARCHAR", "litellm_call_id": "VARCHAR", "trace_id": "VARCHAR",
            "call_type": "VARCHAR", "status": "VARCHAR", "stream": "BOOLEAN",
            "cache_hit": "BOOLEAN", "custom_llm_provider": "VARCHAR",
            "startTime": "VARCHAR", "endTime": "VARCHAR",
            "completionStartTime": "VARCHAR", "model": "VARCHAR",
            "model_group": "VARCHAR", "model_id": "VARCHAR", "api_base": "VARCHAR",
            "prompt_tokens": "VARCHAR", "completion_tokens": "VARCHAR",
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
),

measured as (
    select
        *,
        json_transform(coalesce(
            nullif(call.metadata.usage_object, '{}'), call.response.usage
        ), '{
            "prompt_cache_hit_tokens": "VARCHAR", "cache_read_input_tokens": "VARCHAR",
            "cache_creation_input_tokens": "VARCHAR", "service_tier": "VARCHAR",
            "prompt_tokens_details": {
                "cached_tokens": "VARCHAR", "cache_write_tokens": "VARCHAR",
                "cache_creation_tokens": "VARCHAR", "audio_tokens": "VARCHAR",
                "image_tokens": "VARCHAR",
                "cache_creation_token_details": {
                    "ephemeral_5m_input_tokens": "VARCHAR",
                    "ephemeral_1h_input_tokens": "VARCHAR"
                }
            },
            "cache_creation": {
                "ephemeral_5m_input_tokens": "VARCHAR",
                "ephemeral_1h_input_tokens": "VARCHAR"
            },
            "input_tokens_details": {
                "cached_tokens": "VARCHAR", "cache_write_tokens": "VARCHAR"
            },
            "completion_tokens_details": {
                "reasoning_tokens": "VARCHAR", "audio_tokens": "VARCHAR"
            },
            "output_tokens_details": {
                "reasoning_tokens": "VARCHAR", "thinking_tokens": "VARCHAR"
            },
            "server_tool_use": {"web_search_requests": "VARCHAR"}
        }') as usage
    from parsed
),

read_out as (
    select
        *,
        coalesce(known(call.litellm_call_id), regexp_replace(
            known(call.id), '_cache_hit[0-9.]*$', ''
        )) as call_id,
        instant(call.startTime, $timezone) as requested_at,
        instant(call.endTime, $timezone) as completed_at,
        known(call.custom_llm_provider) as provider,
        call.hidden_params.additional_headers as headers,
        call.error_information as failure,
        try_cast(known(call.error_information.error_code) as bigint) as failure_code,
        call.status = 'success' as is_success,
        coalesce(call.cache_hit, false) as is_hit,
        [
            tag for tag in call.request_tags
            if known(tag) is not null and not starts_with(tag, 'User-Agent: ')
        ] as own_tags,
        split_part(
            coalesce(known(call.user_agent), known(call.metadata.user_agent)), ' ', 1
        ) as sdk,
        -- LiteLLM repeats one number under several names; some of them may say 0.
        [
            usage.cache_read_input_tokens, usage.prompt_tokens_details.cached_tokens,
            usage.input_tokens_details.cached_tokens, usage.prompt_cache_hit_tokens
        ] as cache_read_texts,
        [
            usage.cache_creation_input_tokens,
            usage.prompt_tokens_details.cache_creation_tokens,
            usage.prompt_tokens_details.cache_write_tokens,
            usage.input_tokens_details.cache_write_tokens
        ] as cache_write_texts,
        coalesce(
            usage.cache_creation.ephemeral_5m_input_tokens,
            usage.prompt_tokens_details.cache_creation_token_details
                .ephemeral_5m_input_tokens
        ) as cache_write_5m_text,
        coalesce(
            usage.cache_creation.ephemeral_1h_input_tokens,
            usage.prompt_tokens_details.cache_creation_token_details
                .ephemeral_1h_input_tokens
        ) as cache_write_1h_text,
        coalesce(
            usage.completion_tokens_details.reasoning_tokens,
            usage.output_tokens_details.reasoning_tokens,
            usage.output_tokens_details.thinking_tokens
        ) as reasoning_text
    from measured
),

counted as (
    select
        *,
        whole_number(call.prompt_tokens) as prompt_tokens,
        whole_number(call.completion_tokens) as completion_tokens,
        coalesce(list_max([whole_number(text) for text in cache_read_texts]), 0)
            as cache_read,
        coalesce(whole_number(cache_write_5m_text), 0) as cache_write_5m,
        coalesce(whole_number(cache_write_1h_text), 0) as cache_write_1h,
        greatest(
            coalesce(list_max([whole_number(text) for text in cache_write_texts]), 0),
            coalesce(whole_number(cache_write_5m_text), 0)
            + coalesce(whole_number(cache_write_1h_text), 0)
        ) as cache_write,
        us_between(requested_at, completed_at) as request_duration_us,
        cast(round(
            try_cast(call.hidden_params.litellm_overhead_time_ms as decimal(18, 6)) * 1000
        ) as bigint) as overhead_us,
        coalesce(failure_code = 499, false) as is_cut,
        -- A failure's zeros are defaults, not measurements.
        not is_success and coalesce(whole_number(call.prompt_tokens), 0) = 0
        and coalesce(whole_number(call.completion_tokens), 0) = 0
        or call.prompt_tokens is null and call.completion_tokens is null
            as has_no_usage
    from read_out
)

select
    call_id || ':' || epoch_us(requested_at) as request_id,
    'vendor' as id_basis,
    call_id as logical_request_id,
    known(call.metadata.requester_custom_headers."x-idempotency-key") as idempotency_key,
    known(call.trace_id) as trace_id,
    -- Failures and embeddings repeat the call id here.
    nullif(regexp_replace(known(call.id), '_cache_hit[0-9.]*$', ''), call_id)
        as provider_response_id,

    requested_at,
    completed_at,

    known(call.metadata.user_api_key_hash) as api_key_id,
    known(call.metadata.user_api_key_user_id) as developer_id,
    coalesce(
        known(call.metadata.user_api_key_project_id),
        known(call.metadata.spend_logs_metadata.project)
    ) as project_id,
    known(call.metadata.user_api_key_team_id) as team_id,
    known(call.metadata.user_api_key_org_id) as organization_id,
    known(call.metadata.user_api_key_auth_metadata.plan) as plan_id,
    coalesce(known(call.end_user), known(call.metadata.user_api_key_end_user_id))
        as end_user_id,

    $gateway as gateway,
    known(call.metadata.user_api_key_request_route) as endpoint,
    nullif(regexp_extract(call.metadata.user_api_key_request_route, '^/(v[0-9]+[a-z0-9]*)/', 1), '')
        as api_version,
    -- OpenTelemetry's words for LiteLLM's.
    case
        when known(call.call_type) in (
            'acompletion', 'completion', 'anthropic_messages', 'aresponses', 'responses'
        ) then 'chat'
        when call.call_type in ('aembedding', 'embedding') then 'embeddings'
        when call.call_type in ('atext_completion', 'text_completion')
            then 'text_completion'
        else known(call.call_type)
    end as operation,
    regexp_extract(
        list_sort([tag for tag in own_tags if regexp_matches(tag, '^env(ironment)?:.')])[1],
        ':(.*)$', 1
    ) as environment,
    known(call.metadata.prompt_management_metadata.prompt_id) as prompt_template_id,

    provider,
    coalesce(known(call.model_group), known(call.model)) as model_requested,
    -- A request refused before routing was served by no model.
    case
        when starts_with(call.model, provider || '/')
            then substr(call.model, length(provider) + 2)
        when provider is not null then known(call.model)
    end as model_served,
    known(call.model_id) as deployment_id,
    nullif(regexp_extract(call.api_base, '^[a-z]+://(?:[^/@]*@)?([^/:?#]+)', 1), '')
        as upstream_host,
    coalesce(
        known(headers."llm_provider-openai-organization"),
        known(headers."llm_provider-anthropic-organization-id")
    ) as provider_account_hint,
    known(headers."llm_provider-openai-project") as provider_project_hint,
    known(usage.service_tier) as service_tier,
    ends_with(call.id, '_batch_cost') as is_batch,
    whole_number(headers."x-litellm-attempted-retries") as attempted_retries,
    whole_number(headers."x-litellm-attempted-fallbacks") as attempted_fallbacks,

    coalesce(
        known(call.requester_ip_address), known(call.metadata.requester_ip_address)
    ) as client_ip,
    nullif(split_part(sdk, '/', 1), '') as sdk_name,
    nullif(split_part(sdk, '/', 2), '') as sdk_version,

    request_duration_us,
    -- An overhead longer than the record's own time spans earlier attempts too.
    case when overhead_us <= request_duration_us then request_duration_us - overhead_us end
        as upstream_us,
    case when overhead_us <= request_duration_us then overhead_us end as gateway_us,
    -- Without streaming LiteLLM repeats endTime here.
    case
        when call.stream
            then us_between(requested_at, instant(call.completionStartTime, $timezone))
    end as ttft_us,

    coalesce(failure_code, case when is_success then 200 end) as status_code,
    case
        when failure_code = 499 then 'aborted'
        when is_success then null
        when failure.error_class = 'BudgetExceededError'
            or failure.error_rate_limit_type like '%budget%' then 'quota'
        when failure_code = 429 then 'rate_limit'
        when failure_code in (400, 413, 422) then 'validation'
        when failure_code in (401, 403) then 'auth'
        when failure_code = 404 then 'not_found'
        when failure_code in (408, 504) then 'timeout'
        when failure_code >= 500 and known(failure.llm_provider) is not null
            then 'upstream'
        when failure_code >= 500 then 'gateway'
        when failure_code >= 400 then 'client_other'
        else 'unknown'
    end as error_type,
    coalesce(known(failure.error_class), known(failure.error_code)) as error_code,
    coalesce(
        known(call.response.choices[1].finish_reason), known(call.response.stop_reason)
    ) as finish_reason,
    -- `stream` is true or null, and null on a stream that failed.
    coalesce(
        call.stream, call.model_parameters.stream, case when is_success then false end
    ) as is_streamed,
    is_cut as is_aborted,
    is_hit as is_gateway_cache_hit,
    case when call.cache_hit then 'hit' when not call.cache_hit then 'miss' end
        as cache_status,

    -- LiteLLM counts cached tokens inside the prompt, for every provider.
    case when not has_no_usage then prompt_tokens - cache_read - cache_write end
        as input_uncached_tokens,
    case when not has_no_usage then cache_read end as cache_read_tokens,
    case when not has_no_usage then cache_write_5m end as cache_write_5m_tokens,
    case when not has_no_usage then cache_write_1h end as cache_write_1h_tokens,
    case when not has_no_usage then cache_write - cache_write_5m - cache_write_1h end
        as cache_write_other_tokens,
    case when not has_no_usage then completion_tokens end as output_tokens,
    case when not has_no_usage then whole_number(reasoning_text) end as reasoning_tokens,
    case when not has_no_usage then whole_number(usage.prompt_tokens_details.audio_tokens) end
        as audio_input_tokens,
    case
        when not has_no_usage
            then whole_number(usage.completion_tokens_details.audio_tokens)
    end as audio_output_tokens,
    case when not has_no_usage then whole_number(usage.prompt_tokens_details.image_tokens) end
        as image_input_tokens,
    whole_number(usage.server_tool_use.web_search_requests) as web_search_calls,
    whole_number(call.metadata.requester_metadata.headers."content-length")
        as request_bytes,
    case
        when has_no_usage then 'missing'
        when is_hit then 'replayed_from_cache'
        when is_cut then 'estimated'
        else 'gateway_normalized'
    end as token_basis,
    -- Zero with a diagnosis is a price that LiteLLM did not know.
    case
        when money(call.response_cost) <> 0
            or (
                coalesce(call.response_cost_failure_debug_info, '{}') = '{}'
                and coalesce(call.zero_cost_diagnostic, '{}') = '{}'
            )
            then money(call.response_cost)
    end as logged_cost_usd,

    case when headers.x_ratelimit_limit_requests is not null then 'provider_requests' end
        as quota_bucket,
    whole_number(headers.x_ratelimit_limit_requests) as quota_limit,
    whole_number(headers.x_ratelimit_remaining_requests) as quota_remaining,

    case
        when len(own_tags) > 0 then cast(to_json(list_sort(list_distinct(own_tags))) as varchar)
    end as tags,
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
    )) as varchar), '{}') as params,

    case
        when is_malformed then 'malformed_json'
        when is_not_object then 'not_an_object'
        when call.status is null then 'missing:status'
        when call.status not in ('success', 'failure') then 'unknown_value:status'
        when call.startTime is null then 'missing:startTime'
        else coalesce(
            refuse('startTime', call.startTime, requested_at, 'not_a_time'),
            refuse('endTime', call.endTime, completed_at, 'not_a_time'),
            refuse('prompt_tokens', call.prompt_tokens, prompt_tokens, 'not_a_count'),
            refuse(
                'completion_tokens', call.completion_tokens, completion_tokens,
                'not_a_count'
            ),
            refuse_any(
                'cache_read_input_tokens', cache_read_texts, 'not_a_count'
            ),
            refuse_any(
                'cache_creation_input_tokens',
                cache_write_texts || [cache_write_5m_text, cache_write_1h_text],
                'not_a_count'
            ),
            refuse_any('reasoning_tokens', [reasoning_text], 'not_a_count'),
            refuse(
                'response_cost', call.response_cost, money(call.response_cost),
                'not_an_amount'
            )
        )
    end as reject
from counted
