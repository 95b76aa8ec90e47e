-- An answer that is in no bucket, or in two, moves every percentile of its day.
with attempts as (
    select
        event_date,
        count(request_duration_us) as request_duration_count,
        count(ttft_us) as ttft_count,
        count(upstream_us) as upstream_count,
        count(queue_us) as queue_count,
        count(gateway_us) as gateway_count
    from {{ ref('fct_attempts') }}
    where
        {{ audited_days('event_date') }}
        and is_counted
        and (status_code is null or status_code < 400)
        and error_type is null
        and is_aborted is not true
        and is_gateway_cache_hit is not true
    group by event_date
),

buckets as (
    select
        event_date,
        sum(case when metric = 'request_duration_us' then attempt_count else 0 end)
            as request_duration_count,
        sum(case when metric = 'ttft_us' then attempt_count else 0 end) as ttft_count,
        sum(case when metric = 'upstream_us' then attempt_count else 0 end)
            as upstream_count,
        sum(case when metric = 'queue_us' then attempt_count else 0 end) as queue_count,
        sum(case when metric = 'gateway_us' then attempt_count else 0 end)
            as gateway_count
    from {{ ref('agg_latency_hourly') }}
    where {{ audited_days('event_date') }}
    group by event_date
),

compared as (
    select
        coalesce(attempts.event_date, buckets.event_date) as event_date,
        coalesce(attempts.request_duration_count, 0)
        - coalesce(buckets.request_duration_count, 0) as request_duration_difference,
        coalesce(attempts.ttft_count, 0) - coalesce(buckets.ttft_count, 0)
            as ttft_difference,
        coalesce(attempts.upstream_count, 0) - coalesce(buckets.upstream_count, 0)
            as upstream_difference,
        coalesce(attempts.queue_count, 0) - coalesce(buckets.queue_count, 0)
            as queue_difference,
        coalesce(attempts.gateway_count, 0) - coalesce(buckets.gateway_count, 0)
            as gateway_difference
    from attempts
    full outer join buckets on attempts.event_date = buckets.event_date
)

select * from compared
where
    request_duration_difference <> 0
    or ttft_difference <> 0
    or upstream_difference <> 0
    or queue_difference <> 0
    or gateway_difference <> 0
