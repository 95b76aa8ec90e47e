-- So many `events` of one day, 800 bytes each, as NDJSON; variables `records`, `file`.
copy (
    with numbered as (
        select
            n,
            cast(hash(n) >> 8 as bigint) as first,
            cast(hash(n + 1000000007) >> 8 as bigint) as second,
            cast(hash(n + 2000000011) >> 8 as bigint) as third
        from range(getvariable('records')) as numbers(n)
    ),

    drawn as (
        select
            *,
            getvariable('day')::timestamp + to_microseconds(
                cast(floor(n * (86399000000.0 / getvariable('records'))) as bigint)
            ) as requested_at,
            first % 1200 as key_no,
            second % 12 as model_no,
            20 + second % 4000 as input_tokens,
            5 + third % 900 as output_tokens,
            200000 + third % 9000000 as duration_us,
            second % 100 as percent
        from numbered
    )

    select
        '{"event_type":"api_request","event_time":"'
        || strftime(requested_at, '%Y-%m-%dT%H:%M:%S.%fZ')
        || '","request_id":"req_' || printf('%016x', first) || printf('%08x', n)
        || '","logical_request_id":"' || printf('%016x', third)
        || '","trace_id":"' || printf('%016x', second)
        || '","consumer":{"api_key_id":"key_' || key_no
        || '","team_id":"team-' || key_no % 60
        || '","organization_id":"org-' || key_no % 25
        || '","end_user_id":"user-' || second % 20000
        || '"},"api":{"endpoint":"/v1/chat/completions","method":"POST",'
        || '"version":"v1","environment":"production"'
        || '},"model":{"provider":"'
        || ['openai', 'anthropic', 'gemini', 'mistral'][1 + model_no % 4]
        || '","requested":"model-' || model_no
        || '","served":"model-' || model_no || '-2026'
        || '"},"network":{"client_ip":"198.51.' || first % 250 || '.' || second % 200
        || '","region":"' || ['eu', 'us', 'ap'][1 + third % 3]
        || '","sdk_name":"openai-python","sdk_version":"2.3.' || third % 9
        || '"},"timings":{"request_duration_ms":' || duration_us / 1000
        || ',"ttft_ms":' || (duration_us // 7) / 1000
        || '},"result":{"status_code":'
        || case when percent < 4 then 429 when percent < 5 then 500 else 200 end
        || ',"finish_reason":"stop","is_streamed":' || (percent % 2 = 0)
        || '},"usage":{"raw":{"prompt_tokens":' || input_tokens
        || ',"completion_tokens":' || output_tokens
        || ',"total_tokens":' || input_tokens + output_tokens
        || ',"prompt_tokens_details":{"cached_tokens":' || input_tokens // 3
        || '}},"logged_cost_usd":"0.'
        || printf('%09d', input_tokens * 2500 + output_tokens * 10000)
        || '"},"tags":["team:search","env:prod"]}' as line
    from drawn
) to (getvariable('file')) (format csv, header false, quote '', delimiter e'\x01');
