-- Whoever sells plans asks: how many requests and how much data goes out, by plan?
-- Expect: logical requests, and bytes of attempts; null where no gateway said them, and
-- `metered_attempt_count` of the attempts are those whose answer has a size. The null
-- plan is consumers of no known plan.
with measures as (
    select
        plan_id,
        logical_request_count,
        succeeded_count,
        attempt_count,
        cast(0 as bigint) as metered_attempt_count,
        request_bytes,
        response_bytes
    from usage.agg_usage_hourly
    union all
    -- A sum of an hour does not tell how many of its attempts have a size.
    select
        plan_id,
        0 as logical_request_count,
        0 as succeeded_count,
        0 as attempt_count,
        1 as metered_attempt_count,
        null as request_bytes,
        null as response_bytes
    from usage.fct_attempts
    where is_counted and response_bytes is not null
)

select
    plan_id,
    cast(sum(logical_request_count) as bigint) as request_count,
    cast(sum(succeeded_count) as bigint) as succeeded_count,
    cast(sum(attempt_count) as bigint) as attempt_count,
    cast(sum(metered_attempt_count) as bigint) as metered_attempt_count,
    cast(sum(request_bytes) as bigint) as request_bytes,
    cast(sum(response_bytes) as bigint) as response_bytes,
    round(cast(sum(response_bytes) as double) / 1e9, 3) as response_gb
from measures
group by plan_id
order by response_bytes desc nulls last, request_count desc, plan_id asc nulls last
