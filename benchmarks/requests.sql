-- One day's records of gateway_requests, in the order of their times; variables `day`
-- and `requests_a_day`. One call in 33 is tried again, one record in 200 comes twice.
with numbered as (
    select
        n,
        n % 200 = 199 as is_copy,
        n - cast(n % 200 = 199 as int) as record,
        cast(hash(getvariable('day'), n - cast(n % 200 = 199 as int)) >> 8 as bigint) as drawn
    from range(getvariable('requests_a_day')) as numbers(n)
),

drawn as (
    select
        *,
        record % 33 = 1 as is_retry,
        -- Few keys make most of the calls.
        cast(floor(1200 * power((drawn % 100003) / 100003.0, 3)) as int) as key_no,
        drawn // 7 % 1000 as per_mille,
        -- A key calls one model, and now and then a second one.
        (key_no + drawn // 11 % 4 // 3) % 12 as model_no,
        100000 + cast(exp((drawn // 13 % 10007) / 10007.0 * 5) * 40000 as bigint)
            as request_duration_us,
        20 + drawn // 17 % 4000 as input_tokens,
        5 + drawn // 19 % 900 as output_tokens
    from numbered
),

named as (
    select
        *,
        [
            'gpt-4o', 'claude-sonnet-4-5', 'gemini-2.5-pro', 'mistral-large-latest',
            'gpt-5-mini', 'claude-haiku-4-5', 'gemini-2.5-flash',
            'mistral-small-latest', 'gpt-4.1', 'claude-opus-4-1', 'gemini-2.0-flash',
            'codestral-latest'
        ][1 + model_no] as model_name
    from drawn
),

timed as (
    select
        *,
        getvariable('day')::timestamp + to_microseconds(
            cast(floor(record * (86399000000.0 / getvariable('requests_a_day'))) as bigint)
        ) as requested_at
    from named
)

select
    'req_' || strftime(getvariable('day'), '%y%m%d') || '_'
    || printf('%016x', hash(record) >> 1) as request_id,
    'vendor' as id_basis,
    printf('%016x', hash(getvariable('day'), record - cast(is_retry as int)) >> 1)
        as logical_request_id,
    printf('%016x', drawn) as trace_id,
    requested_at,
    requested_at + to_microseconds(request_duration_us) as completed_at,
    'key_' || key_no as api_key_id,
    md5('user' || drawn % 20000) as end_user_id,
    'bench' as gateway,
    ['/v1/chat/completions', '/v1/embeddings', '/v1/responses'][1 + key_no % 3] as endpoint,
    'POST' as method,
    'v1' as api_version,
    'chat' as operation,
    case when key_no % 4 = 0 then 'staging' else 'production' end as environment,
    ['openai', 'anthropic', 'gemini', 'mistral'][1 + model_no % 4] as provider,
    model_name as model_requested,
    model_name as model_served,
    0 as attempted_fallbacks,
    ['eu', 'us', 'ap'][1 + key_no % 3] as region,
    'ipv4' as ip_family,
    md5('ip' || drawn % 50000) as client_ip_hash,
    md5('net' || drawn % 2000) as client_net_hash,
    'openai-python' as sdk_name,
    '2.3.' || key_no % 9 as sdk_version,
    request_duration_us,
    request_duration_us * 9 // 10 as upstream_us,
    request_duration_us // 10 as gateway_us,
    case when key_no % 2 = 0 then request_duration_us // 7 end as ttft_us,
    case when per_mille < 20 then 429 when per_mille < 25 then 500 else 200 end as status_code,
    case when per_mille < 20 then 'rate_limit' when per_mille < 25 then 'upstream' end
        as error_type,
    'stop' as finish_reason,
    key_no % 2 = 0 as is_streamed,
    false as is_aborted,
    input_tokens - input_tokens // 3 as input_uncached_tokens,
    input_tokens // 3 as cache_read_tokens,
    0 as cache_write_5m_tokens,
    0 as cache_write_1h_tokens,
    0 as cache_write_other_tokens,
    output_tokens,
    output_tokens // 4 as reasoning_tokens,
    800 + input_tokens as request_bytes,
    400 + output_tokens as response_bytes,
    'provider_reported' as token_basis,
    cast((input_tokens * 25 + output_tokens * 100) * 0.0000001 as decimal(38, 12))
        as logged_cost_usd,
    '["env:prod","team:search"]' as tags,
    'events' as source_format,
    n + 1 as record_no
from timed
