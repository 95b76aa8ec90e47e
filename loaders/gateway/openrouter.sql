-- OpenRouter: native tokens are billed; the others are counted with another tokenizer.
-- The cost is what OpenRouter charges: where the key is the customer's own (BYOK) the
-- provider bills the inference itself, which is no part of it.
select
    record, request_id, logical_request_id, provider_response_id, requested_at,
    gateway_ms, application_id, end_user_id, deployment_id, service_tier, region,
    is_streamed, is_aborted, finish_reason, user_agent, input_tokens, cache_read_tokens,
    output_tokens, reasoning_tokens, logged_cost_usd,
    'openrouter' as provider,
    coalesce(known(router), model) as model_requested,
    model as model_served,
    case api when 'completions' then 'chat' else api end as operation,
    -- `latency` ends with the first token of a stream on some records, with the last on
    -- others: the longer of the two is the whole.
    case
        when try_cast(generation_ms as double) > try_cast(latency_ms as double)
            then generation_ms
        else latency_ms
    end as request_duration_ms,
    generation_ms as upstream_ms,
    case
        when try_cast(generation_ms as double) > try_cast(latency_ms as double)
            and is_streamed = 'true' then latency_ms
    end as ttft_ms,
    case when reason = 'error' then false end as is_success,
    true as is_from_provider,
    coalesce(
        try_cast(cache_read_tokens as double) > try_cast(input_tokens as double), false
    ) as is_cache_on_top,
    case
        when json_array_length(record, '/provider_responses') > 0
            then cast(json_array_length(record, '/provider_responses') - 1 as varchar)
    end as attempted_fallbacks,
    case when is_byok = 'true' then ['byok'] end as tags,
    case when is_aborted is distinct from 'true' then 'provider_reported' end
        as token_basis,
    case
        when requests is not null then 'daily_sum'
        when json_type(record, '/data') = 'ARRAY' then 'empty_answer'
    end as ignored
from fields
