with requests as (
    select * from {{ ref('int_attempts_owned') }}
),

superseded as (
    select * from {{ ref('int_requests_superseded') }}
),

chained as (
    select * from {{ ref('int_attempts_chained') }}
),

attempts as (
    select
        {{ all_but('requests', [
            'load_id', 'record_no', 'format_rank', 'logical_request_id',
        ]) }},
        -- What names no logical request, or none that ever rests, has its own name.
        case
            when chained.is_of_restless_id then requests.request_id
            else coalesce(requests.logical_request_id, requests.request_id)
        end as logical_request_id,
        -- What does not count is no attempt of any logical request.
        case
            when requests.is_counted
                then coalesce(chained.logical_requested_at, requests.requested_at)
        end as logical_requested_at,
        case
            when requests.is_counted then coalesce(chained.attempt_no, 1)
        end as attempt_no,
        case
            when requests.is_counted then coalesce(chained.recorded_attempt_count, 1)
        end as recorded_attempt_count,
        -- Retries that left no record are known only where the gateway counts them.
        case
            when not requests.is_counted then null
            when chained.load_id is not null then chained.attempts_total
            when requests.attempted_fallbacks = 0 then requests.attempted_retries + 1
        end as attempts_total,
        case
            when requests.is_counted
                then coalesce(chained.attempt_no = chained.recorded_attempt_count, true)
        end as is_terminal
    from requests
    left join superseded
        on
            requests.load_id = superseded.load_id
            and requests.record_no = superseded.record_no
    left join chained
        on
            requests.load_id = chained.load_id
            and requests.record_no = chained.record_no
    where superseded.load_id is null
)

select * from attempts
