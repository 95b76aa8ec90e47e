-- Cloudflare: metadata are JSON in a string, and encrypted by Logpush. Tokens are 0
-- where nobody counted them; cached ones are not told apart.
with told as (
    select
        *,
        json_extract_string(
            case when json_valid(metadata) then metadata end,
            ['/user_id', '/user', '/team_id', '/team', '/environment', '/env']
        ) as said,
        not (is_unsaid(input_tokens) and is_unsaid(output_tokens)) as has_tokens
    from fields
)

select
    record, request_id, logical_request_id, requested_at, request_duration_ms, service,
    provider, model_requested, status_code, is_gateway_cache_hit, attempted_fallbacks,
    request_bytes, response_bytes,
    model_requested as model_served,
    regexp_replace('/' || ltrim(route, '/'), '[?#].*$', '') as path,
    coalesce(said[1], said[2]) as end_user_id,
    coalesce(said[3], said[4]) as team_id,
    coalesce(said[5], said[6]) as environment,
    case when content_type is not null
        then cast(content_type like 'text/event-stream%' as varchar) end as is_streamed,
    boolean_of(success) as is_success,
    -- Its data loss prevention refuses a prompt with 424.
    case
        when status_code = '424' then 'dlp_blocked'
        when rate_limited = 'true' then 'too_many_requests'
    end as error_code,
    case when has_tokens then input_tokens end as input_tokens,
    case when has_tokens then output_tokens end as output_tokens,
    -- A hit costs nothing; what has no tokens may have no price.
    case when has_tokens or not is_unsaid(logged_cost_usd) then logged_cost_usd end
        as logged_cost_usd,
    case when json_type(record, '/result') = 'ARRAY' then 'empty_answer' end as ignored
from told
