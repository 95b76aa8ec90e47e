with requests as (
    select
        load_id,
        record_no,
        gateway,
        request_id,
        -- What names no request may be named by what is tried again.
        coalesce(logical_request_id, request_id) as logical_request_id,
        requested_at,
        attempted_retries,
        attempted_fallbacks,
        event_date
    from {{ ref('int_requests_sourced').render() }}
    where
        {{ in_batch('event_date', days_before=1, days_after=1) }}
        and is_counted
),

superseded as (
    select * from {{ ref('int_requests_superseded').render() }}
    where {{ in_batch('event_date', days_before=1, days_after=1) }}
),

attempts as (
    select requests.*
    from requests
    left join superseded
        on
            requests.load_id = superseded.load_id
            and requests.record_no = superseded.record_no
    where superseded.load_id is null
),

-- Most requests need one attempt; only the others pay for windows.
shared as (
    select
        gateway,
        logical_request_id
    from attempts
    group by gateway, logical_request_id
    having count(*) > 1
),

candidates as (
    select
        attempts.*,
        date_trunc('hour', attempts.requested_at) as hour_started_at
    from attempts
    inner join shared
        on
            attempts.gateway = shared.gateway
            and attempts.logical_request_id = shared.logical_request_id
),

-- An id that never rests, such as a client's constant, is no request. A chain of over
-- a day has such a day in it, so none can grow beyond the days that are read here.
restless as (
    select
        gateway,
        logical_request_id,
        event_date
    from candidates
    group by gateway, logical_request_id, event_date
    having count(distinct hour_started_at) > 10
),

preceded as (
    select
        candidates.*,
        restless.gateway is not null as is_of_restless_id,
        lag(case when restless.gateway is null then candidates.requested_at end) over (
            partition by candidates.gateway, candidates.logical_request_id
            order by
                candidates.requested_at nulls last,
                candidates.request_id nulls last
        ) as previous_requested_at
    from candidates
    left join restless
        on
            candidates.gateway = restless.gateway
            and candidates.logical_request_id = restless.logical_request_id
            and candidates.event_date = restless.event_date
),

-- An id that rests for over an hour and comes back is another logical request; each
-- attempt of one that never does is a chain of its own.
chained as (
    select
        *,
        sum(
            case
                when is_of_restless_id then 1
                when requested_at <= previous_requested_at + interval '1' hour then 0
                else 1
            end
        ) over (
            partition by gateway, logical_request_id
            order by requested_at nulls last, request_id nulls last
            rows between unbounded preceding and current row
        ) as chain_no
    from preceded
),

numbered as (
    select
        load_id,
        record_no,
        min(requested_at) over chain as logical_requested_at,
        cast(row_number() over (
            partition by gateway, logical_request_id, chain_no
            order by requested_at nulls last, request_id nulls last
        ) as bigint) as attempt_no,
        cast(count(*) over chain as bigint) as recorded_attempt_count,
        last_value(
            case when attempted_fallbacks = 0 then attempted_retries + 1 end
        ) over (
            partition by gateway, logical_request_id, chain_no
            order by requested_at nulls last, request_id nulls last
            rows between unbounded preceding and unbounded following
        ) as attempts_total,
        is_of_restless_id,
        event_date
    from chained
    window chain as (partition by gateway, logical_request_id, chain_no)
)

select * from numbered
where {{ in_batch('event_date') }}
