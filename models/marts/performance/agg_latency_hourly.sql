with attempts as (
    select * from {{ ref('fct_attempts') }}
),

-- A refusal takes milliseconds, an answer that left the gateway's own cache even less,
-- and a client that hung up measures its own patience: none of them says how long an
-- answer takes, and all of them would move the percentile.
answered as (
    select
        date_trunc('hour', requested_at) as hour_started_at,
        endpoint,
        model_served,
        request_duration_us,
        ttft_us,
        upstream_us,
        queue_us,
        gateway_us,
        event_date
    from attempts
    where
        is_counted
        and error_type is null
        and coalesce(status_code, 0) < 400
        and not coalesce(is_aborted, false)
        and not coalesce(is_gateway_cache_hit, false)
),

measured as (
    select
        hour_started_at,
        endpoint,
        model_served,
        'request_duration_us' as metric,
        request_duration_us as measured_us,
        event_date
    from answered
    union all
    select
        hour_started_at,
        endpoint,
        model_served,
        'ttft_us' as metric,
        ttft_us as measured_us,
        event_date
    from answered
    union all
    select
        hour_started_at,
        endpoint,
        model_served,
        'upstream_us' as metric,
        upstream_us as measured_us,
        event_date
    from answered
    union all
    select
        hour_started_at,
        endpoint,
        model_served,
        'queue_us' as metric,
        queue_us as measured_us,
        event_date
    from answered
    union all
    select
        hour_started_at,
        endpoint,
        model_served,
        'gateway_us' as metric,
        gateway_us as measured_us,
        event_date
    from answered
),

bucketed as (
    select
        hour_started_at,
        endpoint,
        model_served,
        metric,
        {{ log_bucket('measured_us') }} as bucket_no,
        event_date
    from measured
    where measured_us is not null
),

counted as (
    select
        hour_started_at,
        endpoint,
        model_served,
        metric,
        bucket_no,
        cast(count(*) as bigint) as attempt_count,
        event_date
    from bucketed
    group by hour_started_at, endpoint, model_served, metric, bucket_no, event_date
)

select * from counted
