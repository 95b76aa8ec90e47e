-- What LiteLLM knows of a call, whichever of its records says it: a row of `calls` (from
-- litellm_log.sql or litellm_spend_logs.sql) becomes the columns of gateway_requests and
-- `reject`, null where it is fit.
with read_out as (
    select
        *,
        regexp_replace(known(record_id), '_cache_hit[0-9.]*$', '') as plain_id,
        instant(started, $timezone) as requested_at,
        instant(ended, $timezone) as completed_at,
        try_cast(known(error_code) as bigint) as failure_code,
        status = 'success' as is_success,
        [
            tag for tag in tags
            if known(tag) is not null and not starts_with(tag, 'User-Agent: ')
        ] as own_tags,
        usage_texts(usage) as usage_said,
        whole_number(prompt_tokens) as prompt_count,
        whole_number(completion_tokens) as completion_count
    from calls
),

-- LiteLLM's usage has OpenAI's shape whoever served the call, with the cached tokens
-- inside the prompt; the record's own prompt and completion rule.
found as (
    select
        *,
        coalesce(known(call_id), plain_id) as logical_request_id,
        coalesce(is_hit, false) or record_id <> plain_id as is_replay,
        us_between(requested_at, completed_at) as request_duration_us,
        us_of_ms(overhead_ms) as overhead_us,
        coalesce(failure_code = 499, false) as is_cut,
        struct_update(
            usage_found(usage_said, 'chat'),
            input := prompt_count,
            output := completion_count,
            total := whole_number(total_tokens),
            input_again := cast(null as bigint)
        ) as usage_as_chat,
        -- A failure's zeros are defaults, not measurements.
        not is_success
        and coalesce(prompt_count, 0) = 0 and coalesce(completion_count, 0) = 0
        or prompt_tokens is null and completion_tokens is null as has_no_usage
    from read_out
),

summed as (select *, usage_summed(usage_as_chat) as usage_sums from found),

divided as (select *, usage_divided(usage_sums) as usage_parts from summed),

metered as (select *, usage_metered(usage_parts, 'chat') as meters from divided)

-- The same in both records of a call, though rows keep times to the millisecond only and
-- older ones no call id: a response's own id where it is sure to be one of a kind. Short
-- ids come again (Ollama's are 'chatcmpl-554'), and so do those of a response that is
-- fetched, or answered out of the cache. A call whose response has no id succeeds once;
-- its second holds against rounding. It may fail several times within one.
select
    case
        when not is_success
            then logical_request_id || ':' || epoch_us(requested_at) // 1000
        when not is_replay
            and length(plain_id) >= 20
            and plain_id is distinct from known(call_id)
            and call_type in (
                'acompletion', 'completion', 'anthropic_messages', 'aresponses',
                'responses', 'atext_completion', 'text_completion'
            ) then plain_id
        when plain_id <> known(call_id) then logical_request_id || ':' || plain_id
        when is_replay and known(call_id) is null
            then logical_request_id || ':' || epoch_us(requested_at) // 1000
        else logical_request_id || ':' || epoch_us(requested_at) // 1000000
    end as request_id,
    'vendor' as id_basis,
    logical_request_id,
    known(idempotency_key) as idempotency_key,
    known(trace_id) as trace_id,
    -- Failures and embeddings repeat the call id here.
    nullif(plain_id, logical_request_id) as provider_response_id,

    requested_at,
    completed_at,

    known(api_key) as api_key_id,
    known(developer) as developer_id,
    known(project) as project_id,
    known(team) as team_id,
    known(organization) as organization_id,
    known(plan) as plan_id,
    known(end_user) as end_user_id,

    $gateway as gateway,
    known(endpoint) as path,
    -- OpenTelemetry's words for LiteLLM's.
    case
        when known(call_type) in (
            'acompletion', 'completion', 'anthropic_messages', 'aresponses', 'responses'
        ) then 'chat'
        when call_type in ('aembedding', 'embedding') then 'embeddings'
        when call_type in ('atext_completion', 'text_completion') then 'text_completion'
        else known(call_type)
    end as operation,
    regexp_extract(
        list_sort([tag for tag in own_tags if regexp_matches(tag, '^env(ironment)?:.')])[1],
        ':(.*)$', 1
    ) as environment,
    -- What LiteLLM asked on its own account (a classifier, a judge) costs money too.
    coalesce(
        known(internal_call_origin),
        case
            when ends_with(record_id, '_batch_cost') then 'batch'
            when ends_with(record_id, '_background_cost') then 'background'
        end
    ) as job_type,
    known(prompt_template) as prompt_template_id,

    known(provider) as provider,
    -- The client's own words; a prompt in the wrong field is cut short.
    left(coalesce(known(model_asked), known(model)), 256) as model_requested,
    -- A request refused before routing was served by no model.
    case
        when starts_with(model, known(provider) || '/')
            then substr(model, length(provider) + 2)
        when known(provider) is not null then known(model)
    end as model_served,
    known(deployment) as deployment_id,
    nullif(regexp_extract(api_base, '^[a-z]+://(?:[^/@]*@)?([^/:?#]+)', 1), '')
        as upstream_host,
    known(provider_account) as provider_account_hint,
    known(provider_project) as provider_project_hint,
    meters.service_tier,
    ends_with(record_id, '_batch_cost') as is_batch,
    whole_number(attempted_retries) as attempted_retries,
    whole_number(attempted_fallbacks) as attempted_fallbacks,

    known(client_ip) as client_ip,
    known(user_agent) as user_agent,

    request_duration_us,
    -- An overhead longer than the record's own time spans earlier attempts too.
    case when overhead_us <= request_duration_us then request_duration_us - overhead_us end
        as upstream_us,
    case when overhead_us <= request_duration_us then overhead_us end as gateway_us,
    -- Without streaming LiteLLM repeats endTime here.
    case when is_streamed then us_between(requested_at, instant(first_token, $timezone)) end
        as ttft_us,

    coalesce(failure_code, case when is_success then 200 end) as status_code,
    case
        when failure_code = 499 then 'aborted'
        when is_success then null
        when error_class = 'BudgetExceededError' or error_rate_limit like '%budget%'
            then 'quota'
        else error_type_of(failure_code, known(error_provider) is not null)
    end as error_type,
    code_word(coalesce(known(error_class), known(error_code))) as error_code,
    code_word(finish_reason) as finish_reason,
    coalesce(is_streamed, is_stream_asked) as is_streamed,
    is_cut as is_aborted,
    coalesce(is_hit, false) as is_gateway_cache_hit,
    case when is_hit then 'hit' when not is_hit then 'miss' end as cache_status,

    case when not has_no_usage then meters.input_uncached_tokens end
        as input_uncached_tokens,
    case when not has_no_usage then meters.cache_read_tokens end as cache_read_tokens,
    case when not has_no_usage then meters.cache_write_5m_tokens end
        as cache_write_5m_tokens,
    case when not has_no_usage then meters.cache_write_1h_tokens end
        as cache_write_1h_tokens,
    case when not has_no_usage then meters.cache_write_other_tokens end
        as cache_write_other_tokens,
    case when not has_no_usage then meters.output_tokens end as output_tokens,
    case when not has_no_usage then meters.reasoning_tokens end as reasoning_tokens,
    case when not has_no_usage then meters.audio_input_tokens end as audio_input_tokens,
    case when not has_no_usage then meters.audio_output_tokens end as audio_output_tokens,
    case when not has_no_usage then meters.image_input_tokens end as image_input_tokens,
    meters.web_search_calls,
    whole_number(request_bytes) as request_bytes,
    case
        when has_no_usage then 'missing'
        when is_hit then 'replayed_from_cache'
        when is_cut then 'estimated'
        else 'gateway_normalized'
    end as token_basis,
    case when money(cost) <> 0 or not is_zero_unknown then money(cost) end
        as logged_cost_usd,

    case when quota_limit is not null then 'provider_requests' end as quota_bucket,
    whole_number(quota_limit) as quota_limit,
    whole_number(quota_remaining) as quota_remaining,

    case
        when len(own_tags) > 0 then cast(to_json(list_sort(list_distinct(own_tags))) as varchar)
    end as tags,
    params,
    instant(updated, $timezone) as source_updated_at,

    -- A misfit beside the point of a record is null and counted.
    len([misfit for misfit in [
        refuse('endTime', known(ended), completed_at, 'not_a_time'),
        case when not has_no_usage then meters.oddity end
    ] if misfit is not null]) as unread,
    case
        when problem is not null then problem
        when status is null then 'missing:status'
        when status not in ('success', 'failure') then 'unknown_value:status'
        when started is null then 'missing:startTime'
        else coalesce(
            refuse('startTime', started, requested_at, 'not_a_time'),
            refuse_count('prompt_tokens', prompt_tokens),
            refuse_count('completion_tokens', completion_tokens),
            refuse(cost_field, nullif(cost, ''), money(cost), 'not_an_amount'),
            case when not has_no_usage then meters.problem end
        )
    end as reject
from metered
