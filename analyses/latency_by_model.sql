-- SRE asks: how long does an answer take, by model?
-- Expect: milliseconds, within 1 % of exact percentiles, of attempts that succeeded and
-- were no cache hits; no p99 of fewer than 500, where five requests would decide it.
with buckets as (
    select
        coalesce(model_served, 'none') as model_name,
        bucket_no,
        case
            when bucket_no = -1 then 0
            else 0.99 * power(101.0 / 99.0, bucket_no) / 1000
        end as bucket_ms,
        sum(attempt_count) as attempt_count
    from performance.agg_latency_hourly
    where metric = 'request_duration_us'
    group by model_served, bucket_no
),

ranked as (
    select
        model_name,
        bucket_ms,
        cast(sum(attempt_count) over (partition by model_name) as bigint)
            as attempt_count,
        sum(attempt_count) over (
            partition by model_name order by bucket_no asc
        ) as cumulative_count
    from buckets
),

-- The percentile q of n durations in order is the one at floor(1 + q * (n - 1)).
percentiles as (
    select
        model_name,
        attempt_count,
        min(
            case
                when cumulative_count >= floor(1 + 0.5 * (attempt_count - 1))
                    then bucket_ms
            end
        ) as p50_ms,
        min(
            case
                when cumulative_count >= floor(1 + 0.95 * (attempt_count - 1))
                    then bucket_ms
            end
        ) as p95_ms,
        min(
            case
                when
                    attempt_count >= 500
                    and cumulative_count >= floor(1 + 0.99 * (attempt_count - 1))
                    then bucket_ms
            end
        ) as p99_ms
    from ranked
    group by model_name, attempt_count
)

select
    model_name,
    attempt_count,
    round(p50_ms, 1) as p50_ms,
    round(p95_ms, 1) as p95_ms,
    round(p99_ms, 1) as p99_ms
from percentiles
order by attempt_count desc, model_name asc
