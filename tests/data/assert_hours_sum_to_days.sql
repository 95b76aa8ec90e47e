-- An hour that does not add up to its day would be charged to nobody, or twice.
with attempts as (
    select
        event_date,
        count(*) as attempt_count,
        sum(case when is_owner_disputed then 1 else 0 end) as owner_disputed_count,
        0 as logical_request_count,
        0 as succeeded_count,
        sum(input_uncached_tokens) as input_uncached_tokens,
        sum(cache_read_tokens) as cache_read_tokens,
        sum(output_tokens) as output_tokens,
        sum(logged_cost_usd) as logged_cost_usd
    from {{ ref('fct_attempts') }}
    where {{ audited_days('event_date') }}
    group by event_date
),

logical_requests as (
    select
        event_date,
        count(*) as logical_request_count,
        count(case when outcome = 'succeeded' then 1 end) as succeeded_count
    from {{ ref('fct_logical_requests') }}
    where {{ audited_days('event_date') }}
    group by event_date
),

hours as (
    select
        event_date,
        sum(attempt_count) as attempt_count,
        sum(owner_disputed_count) as owner_disputed_count,
        sum(logical_request_count) as logical_request_count,
        sum(succeeded_count) as succeeded_count,
        sum(input_uncached_tokens) as input_uncached_tokens,
        sum(cache_read_tokens) as cache_read_tokens,
        sum(output_tokens) as output_tokens,
        sum(logged_cost_usd) as logged_cost_usd
    from {{ ref('agg_usage_hourly') }}
    where {{ audited_days('event_date') }}
    group by event_date
),

compared as (
    select
        coalesce(attempts.event_date, hours.event_date) as event_date,
        coalesce(attempts.attempt_count, 0) - coalesce(hours.attempt_count, 0)
            as attempt_difference,
        coalesce(attempts.owner_disputed_count, 0)
        - coalesce(hours.owner_disputed_count, 0) as owner_disputed_difference,
        coalesce(logical_requests.logical_request_count, 0)
        - coalesce(hours.logical_request_count, 0) as logical_request_difference,
        coalesce(logical_requests.succeeded_count, 0)
        - coalesce(hours.succeeded_count, 0) as succeeded_difference,
        coalesce(attempts.input_uncached_tokens, 0)
        - coalesce(hours.input_uncached_tokens, 0) as input_uncached_difference,
        coalesce(attempts.cache_read_tokens, 0) - coalesce(hours.cache_read_tokens, 0)
            as cache_read_difference,
        coalesce(attempts.output_tokens, 0) - coalesce(hours.output_tokens, 0)
            as output_difference,
        coalesce(attempts.logged_cost_usd, 0) - coalesce(hours.logged_cost_usd, 0)
            as logged_cost_difference
    from attempts
    full outer join hours on attempts.event_date = hours.event_date
    left join logical_requests
        on coalesce(attempts.event_date, hours.event_date) = logical_requests.event_date
)

select * from compared
where
    attempt_difference <> 0
    or owner_disputed_difference <> 0
    or logical_request_difference <> 0
    or succeeded_difference <> 0
    or input_uncached_difference <> 0
    or cache_read_difference <> 0
    or output_difference <> 0
    or logged_cost_difference <> 0
