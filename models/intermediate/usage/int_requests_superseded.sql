with ids as (
    select
        gateway,
        request_id
    from {{ ref('int_requests_sourced').render() }}
    where {{ in_batch('event_date', days_before=1, days_after=1) }}
),

requests as (
    select * from {{ ref('int_requests_sourced').render() }}
    where {{ in_batch('event_date', days_before=1, days_after=1) }}
),

-- Few ids repeat; only those pay for a window.
repeated as (
    select
        gateway,
        request_id
    from ids
    group by gateway, request_id
    having count(*) > 1
),

-- Decided by content alone, so that files may arrive in any order. Load and record
-- only break ties between rows that are equal in everything else. A copy that does not
-- count never takes the place of one that does.
ranked as (
    select
        requests.load_id,
        requests.record_no,
        requests.gateway,
        requests.request_id,
        requests.environment,
        requests.requested_at,
        requests.event_date,
        row_number() over (
            partition by requests.gateway, requests.request_id
            order by
                requests.is_counted desc nulls last,
                requests.format_rank nulls last,
                -- Some gateways tell of a request twice, once without its tokens.
                case when requests.token_basis = 'missing' then 1 else 0 end,
                requests.requested_at nulls last,
                requests.source_updated_at desc nulls last,
                {{ request_values('requests') }},
                requests.load_id nulls last,
                requests.record_no nulls last
        ) as preference_no
    from requests
    inner join repeated
        on
            requests.gateway = repeated.gateway
            and requests.request_id = repeated.request_id
),

compared as (
    select
        *,
        min(preference_no) over (
            partition by gateway, request_id
            order by requested_at
            range between
            interval '24' hour preceding
            and interval '24' hour following
        ) as best_preference_no
    from ranked
),

superseded as (
    select
        load_id,
        record_no,
        gateway,
        environment,
        requested_at,
        event_date
    from compared
    where
        preference_no > best_preference_no
        and {{ in_batch('event_date') }}
)

select * from superseded
