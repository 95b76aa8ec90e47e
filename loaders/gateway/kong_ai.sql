-- Kong: counters begin at 0, which says nothing but where an embedding has no output.
-- Input tokens hold the cached ones unless more are cached than they are.
with placed as (
    select *, coalesce(try_cast(place as int) > 1, false) as is_beside from fields
),

-- What the request as a whole says is no other plugin's.
owned as (
    select
        * exclude (whole_llm_ms, whole_ttft_ms, whole_provider, whole_model_requested, whole_model_served, whole_input_tokens, whole_output_tokens, whole_total_tokens)
        replace (
            case when is_beside then llm_ms else coalesce(llm_ms, whole_llm_ms) end
                as llm_ms,
            case when is_beside then ttft_ms else coalesce(ttft_ms, whole_ttft_ms) end
                as ttft_ms,
            case when is_beside then provider else coalesce(provider, whole_provider) end
                as provider,
            case when is_beside then model_requested else coalesce(model_requested, whole_model_requested) end
                as model_requested,
            case when is_beside then model_served else coalesce(model_served, whole_model_served) end
                as model_served,
            case when is_beside then input_tokens else coalesce(input_tokens, whole_input_tokens) end
                as input_tokens,
            case when is_beside then output_tokens else coalesce(output_tokens, whole_output_tokens) end
                as output_tokens,
            case when is_beside then total_tokens else coalesce(total_tokens, whole_total_tokens) end
                as total_tokens
        )
    from placed
),

known_calls as (
    select
        * replace (
            known(nullif(provider, 'UNSPECIFIED')) as provider,
            known(nullif(model_requested, 'UNSPECIFIED')) as model_requested,
            known(nullif(model_served, 'UNSPECIFIED')) as model_served,
            split_part(path, '?', 1) as path
        ),
        coalesce(operation_of_path(path) = 'embeddings', false) as is_embedding,
        regexp_extract(via, 'kong/([0-9][0-9A-Za-z.-]*)', 1) as kong_version,
        case
            when mode in ('stream', 'realtime') then true
            when mode = 'oneshot' then false
            when content_type like 'text/event-stream%' then true
        end as is_stream,
        not is_unsaid(input_tokens) as has_input,
        not is_unsaid(output_tokens) as has_output,
        coalesce(
            try_cast(cache_read_tokens as double) > try_cast(input_tokens as double),
            false
        ) as is_cache_on_top
    from owned
)

select
    record,
    case when is_beside then request_id || ':' || plugin else request_id end
        as request_id,
    -- A transformer's call is no attempt of the client's request.
    case when not is_beside then request_id end as logical_request_id,
    case when is_beside then plugin end as job_type,
    trace_id, idempotency_key, api_key_id, application_id, developer_id, service,
    provider, model_requested, model_served, client_ip, user_agent,
    requested_at_ms,
    case when is_beside then llm_ms else request_duration_ms end as request_duration_ms,
    -- -1 where nothing was upstream; a counter that stayed 0.
    coalesce(
        nullif(known(llm_ms), '0'),
        case when not is_beside and proxy_ms not like '-%' then proxy_ms end
    ) as upstream_ms,
    case when not is_beside then gateway_ms end as gateway_ms,
    nullif(known(ttft_ms), '0') as ttft_ms,
    case when not is_beside then path end as path,
    case when not is_beside then method end as method,
    case when not is_beside then status_code end as status_code,
    source in ('upstream', 'service') as is_from_provider,
    case when not is_beside and is_stream is not null then cast(is_stream as varchar) end
        as is_streamed,
    case
        when not is_beside and json_array_length(record, '/tries') > 0
            then cast(json_array_length(record, '/tries') - 1 as varchar)
    end as attempted_retries,
    case when not is_beside then cache_status end as cache_status,
    case when not is_beside then request_bytes end as request_bytes,
    case when not is_beside then response_bytes end as response_bytes,
    case when has_input then input_tokens end as input_tokens,
    case when has_input then cache_read_tokens end as cache_read_tokens,
    is_cache_on_top,
    case when has_output or (is_embedding and has_input) then output_tokens end
        as output_tokens,
    case when has_output then nullif(reasoning_tokens, '0') end as reasoning_tokens,
    nullif(audio_input_tokens, '0') as audio_input_tokens,
    case when has_output then nullif(audio_output_tokens, '0') end
        as audio_output_tokens,
    case when has_output and not is_cache_on_top then nullif(total_tokens, '0') end
        as total_tokens,
    -- 0 where the operator set no price; the currency is the operator's, taken as USD.
    case when not is_unsaid(logged_cost_usd) then logged_cost_usd end as logged_cost_usd,
    -- The open edition estimates a stream's output where the provider is silent.
    case
        when is_stream and coalesce(kong_version, '') not like '%enterprise%'
            then 'estimated'
    end as token_basis,
    nullif(kong_version, '') as source_version
from known_calls
