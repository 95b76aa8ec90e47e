-- Higress quotes Envoy's operators, which write - where they know nothing, and its own
-- numbers as it likes. Input tokens hold the cached ones unless more are cached.
with plain as (
    select record, nullif(columns(* exclude (record)), '-') from fields
),

counted as (
    select
        *,
        -- Counters of a call that was given no usage.
        is_unsaid(input_tokens) and is_unsaid(output_tokens) as is_empty,
        coalesce(
            try_cast(cache_read_tokens as double) > try_cast(input_tokens as double),
            false
        ) as is_cache_on_top
    from plain
)

select
    * exclude (response_flags, answer_kind, is_empty, headers_ms, remote_address)
    replace (
        nullif(application_id, 'none') as application_id,
        nullif(model_requested, 'UNKNOWN') as model_requested,
        split_part(path, '?', 1) as path,
        coalesce(upstream_ms, headers_ms) as upstream_ms,
        trim(regexp_replace(
            trim(split_part(coalesce(client_ip, remote_address), ',', 1)),
            '^([0-9.]+|\[.*\]):[0-9]+$', '\1'
        ), '[]') as client_ip,
        case when not is_empty then input_tokens end as input_tokens,
        case when not is_empty then cache_read_tokens end as cache_read_tokens,
        case when not is_empty then output_tokens end as output_tokens,
        case when not is_empty then nullif(reasoning_tokens, '0') end
            as reasoning_tokens,
        case when not is_empty and not is_cache_on_top then total_tokens end
            as total_tokens
    ),
    response_flags as error_code,
    response_flags like '%DC%' or try_cast(status_code as int) = 0 as is_aborted,
    coalesce(response_flags is null and upstream_host is not null, false)
        as is_from_provider,
    case
        when answer_kind = 'stream' then 'true'
        when answer_kind = 'normal' then 'false'
        when ttft_ms is not null then 'true'
    end as is_streamed
from counted
