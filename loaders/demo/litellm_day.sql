-- One UTC day of a LiteLLM proxy, as it would have logged it: one JSON text a row, in
-- the order of the clock. Every choice is drawn from md5(seed, day, request, name).
with requests as (
    select
        day_request as request_no,
        $seed || ':' || $day || ':' || day_request as draw
    from range($requests) as drawn(day_request)
),

drawn as (
    select
        *,
        (md5_number_lower(draw || ':kind') % 1000000) / 1e6 as kind_share,
        (md5_number_lower(draw || ':team') % 1000000) / 1e6 as team_share,
        (md5_number_lower(draw || ':model') % 1000000) / 1e6 as model_share,
        (md5_number_lower(draw || ':hour') % 1000000) / 1e6 as hour_share,
        (md5_number_lower(draw || ':size') % 1000000) / 1e6 as size_share,
        (md5_number_lower(draw || ':cache') % 1000000) / 1e6 as cache_share,
        (md5_number_lower(draw || ':speed') % 1000000) / 1e6 as speed_share,
        md5(draw || ':call') as call_hash,
        1 + md5_number_lower(draw || ':key') % 6 as key_no
    from requests
),

-- Office hours carry most of the traffic; a batch team runs at night.
placed as (
    select
        *,
        case
            when team_share < 0.45 then 'search'
            when team_share < 0.75 then 'support'
            when team_share < 0.9 then 'labs'
            else 'batch'
        end as team,
        case
            when kind_share < 0.86 then 'plain'
            when kind_share < 0.9 then 'cache_hit'
            when kind_share < 0.935 then 'retried'
            when kind_share < 0.955 then 'fell_back'
            when kind_share < 0.98 then 'aborted'
            else 'failed'
        end as kind,
        case
            when model_share < 0.55 then 'gpt-4o'
            when model_share < 0.85 then 'claude-sonnet-4-5'
            else 'text-embedding-3-small'
        end as chosen_model
    from drawn
),

timed as (
    select
        *,
        epoch(cast($day as date)) + case
            when team = 'batch' then hour_share * 5 * 3600
            else 3600 * (7 + 12 * (hour_share + 0.12 * sin(6.283 * hour_share)))
        end as started,
        -- Embeddings neither stream nor abort.
        case
            when chosen_model = 'text-embedding-3-small' and kind in ('aborted', 'fell_back')
                then 'plain'
            else kind
        end as story,
        cast(40 + 3000 * power(size_share, 3) as bigint) as prompt_tokens,
        cast(20 + 900 * power(1 - size_share, 2) as bigint) as answer_tokens
    from placed
),

-- One row per record that LiteLLM writes.
attempts as (
    select *, unnest(case story
        when 'retried' then [
            {'no': 1, 'code': '429', 'class': 'RateLimitError', 'wait': 0.0},
            {'no': 2, 'code': '', 'class': '', 'wait': 1.4}
        ]
        when 'fell_back' then [
            {'no': 1, 'code': '503', 'class': 'ServiceUnavailableError', 'wait': 0.0},
            {'no': 2, 'code': '', 'class': '', 'wait': 2.1}
        ]
        when 'aborted' then [
            {'no': 1, 'code': '499', 'class': 'ClientDisconnected', 'wait': 0.0}
        ]
        when 'failed' then [case request_no % 4
            when 0 then {'no': 1, 'code': '429', 'class': 'RateLimitError', 'wait': 0.0}
            when 1 then {'no': 1, 'code': '400', 'class': 'BadRequestError', 'wait': 0.0}
            when 2 then {'no': 1, 'code': '401', 'class': 'AuthenticationError', 'wait': 0.0}
            else {'no': 1, 'code': '500', 'class': 'InternalServerError', 'wait': 0.0}
        end]
        else [{'no': 1, 'code': '', 'class': '', 'wait': 0.0}]
    end) as attempt
    from timed
),

described as (
    select
        *,
        attempt.code = '' or attempt.code = '499' as is_success,
        case
            when story = 'fell_back' and attempt.no = 2 and chosen_model = 'gpt-4o'
                then 'claude-sonnet-4-5'
            when story = 'fell_back' and attempt.no = 2 then 'gpt-4o'
            else chosen_model
        end as model,
        chosen_model <> 'text-embedding-3-small'
        and (story = 'aborted' or cache_share > 0.6) as is_stream,
        cast(round((started + attempt.wait) * 1e6) as bigint) / 1e6 as begun,
        case
            when attempt.code not in ('', '499') then 0.05 + 0.2 * speed_share
            when story = 'cache_hit' then 0.004
            else 0.3 + 2.5 * speed_share * speed_share + answer_tokens / 400
        end as lasted
    from attempts
),

counted as (
    select
        *,
        if(model = 'claude-sonnet-4-5', 'anthropic', 'openai') as provider,
        if(is_success, prompt_tokens, 0) as prompt_count,
        case
            when not is_success or model = 'text-embedding-3-small' then 0
            when story = 'aborted' then 5
            else answer_tokens
        end as completion_count,
        if(
            is_success and story <> 'aborted' and model <> 'text-embedding-3-small'
            and cache_share < 0.35, prompt_tokens * 3 // 4, 0
        ) as cached_count
    from described
),

-- Dollars per million tokens: input, cached input, output.
costed as (
    select
        *,
        case model
            when 'gpt-4o' then {'fresh': 2.5, 'cached': 1.25, 'answer': 10.0}
            when 'claude-sonnet-4-5' then {'fresh': 3.0, 'cached': 0.3, 'answer': 15.0}
            else {'fresh': 0.02, 'cached': 0.02, 'answer': 0.0}
        end as price
    from counted
)

select cast(json_object(
    'id', case
        when not is_success or model = 'text-embedding-3-small' then call_hash
        when story = 'cache_hit'
            then 'chatcmpl-' || substr(call_hash, 1, 12) || '_cache_hit' || begun
        else 'chatcmpl-' || md5(call_hash || attempt.no)
    end,
    'litellm_call_id', call_hash,
    'trace_id', md5(call_hash || 'trace'),
    'call_type', if(model = 'text-embedding-3-small', 'aembedding', 'acompletion'),
    'cache_hit', case when story = 'cache_hit' then true when is_success then false end,
    'stream', case when is_stream and is_success then true end,
    'status', if(is_success, 'success', 'failure'),
    'custom_llm_provider', provider,
    'startTime', begun,
    'endTime', cast(round((begun + lasted) * 1e6) as bigint) / 1e6,
    'completionStartTime', cast(round(
        (begun + if(is_stream, 0.1 + 0.4 * speed_share, 1) * lasted) * 1e6
    ) as bigint) / 1e6,
    'model', provider || '/' || model,
    'model_group', model,
    'model_id', md5(model),
    'api_base', 'https://api.' || provider || '.com/v1',
    'prompt_tokens', prompt_count,
    'completion_tokens', completion_count,
    'total_tokens', prompt_count + completion_count,
    'response_cost', if(story = 'cache_hit', 0.0, cast(
        (prompt_count - cached_count) * price.fresh + cached_count * price.cached
        + completion_count * price.answer as double
    ) / 1e6),
    'request_tags', ['env:' || if(key_no = 1, 'staging', 'prod'), 'User-Agent: openai-python'],
    'end_user', '',
    'user_agent', 'openai-python/1.99.0',
    'requester_ip_address', '192.0.2.' || key_no,
    'error_information', json_object(
        'error_code', attempt.code, 'error_class', attempt.class,
        'llm_provider', if(attempt.code in ('', '401', '499'), '', provider)
    ),
    'hidden_params', json_object(
        'litellm_overhead_time_ms', round(2 + 5 * speed_share, 3),
        'additional_headers', json_object(
            'x-litellm-attempted-retries', case
                when is_success and not is_stream
                    then if(story = 'retried', attempt.no - 1, 0)
            end,
            'x-litellm-attempted-fallbacks', case
                when is_success and not is_stream
                    then if(story = 'fell_back', attempt.no - 1, 0)
            end
        )
    ),
    'metadata', json_object(
        'user_api_key_hash', md5(team || key_no),
        'user_api_key_user_id', team || '-dev-' || key_no || '@example.com',
        'user_api_key_team_id', 'team-' || team,
        'user_api_key_org_id', 'org-example',
        'user_api_key_request_route', if(
            model = 'text-embedding-3-small', '/v1/embeddings', '/v1/chat/completions'
        ),
        'usage_object', json_object(
            'cache_read_input_tokens', cached_count,
            'prompt_tokens_details', json_object('cached_tokens', cached_count)
        )
    )
) as varchar) as line
from costed
order by begun, call_hash, attempt.no
