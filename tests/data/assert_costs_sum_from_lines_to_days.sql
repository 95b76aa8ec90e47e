-- Owners and what nobody owns must add up to all of it: in money, in what the gateway
-- logged, and in attempts.
with cost_lines as (
    select
        event_date,
        sum(rated_cost_usd) as rated_cost_usd,
        sum(rated_list_cost_usd) as rated_list_cost_usd,
        sum(gateway_cache_saved_usd) as gateway_cache_saved_usd
    from {{ ref('fct_cost_lines') }}
    where {{ audited_days('event_date') }}
    group by event_date
),

attempts as (
    select
        event_date,
        sum(attempt_count) as attempt_count,
        sum(logged_cost_usd) as logged_cost_usd
    from {{ ref('agg_usage_hourly') }}
    where {{ audited_days('event_date') }} and attempt_count > 0
    group by event_date
),

days as (
    select
        event_date,
        sum(rated_cost_usd) as rated_cost_usd,
        sum(rated_list_cost_usd) as rated_list_cost_usd,
        sum(gateway_cache_saved_usd) as gateway_cache_saved_usd,
        sum(attempt_count) as attempt_count,
        sum(logged_cost_usd) as logged_cost_usd
    from {{ ref('agg_cost_daily') }}
    where {{ audited_days('event_date') }}
    group by event_date
)

select
    attempts.event_date,
    days.attempt_count,
    days.rated_cost_usd
from attempts
left join cost_lines on attempts.event_date = cost_lines.event_date
left join days on attempts.event_date = days.event_date
where
    coalesce(attempts.attempt_count, 0) <> coalesce(days.attempt_count, 0)
    or coalesce(attempts.logged_cost_usd, 0) <> coalesce(days.logged_cost_usd, 0)
    or coalesce(cost_lines.rated_cost_usd, 0) <> coalesce(days.rated_cost_usd, 0)
    or coalesce(cost_lines.rated_list_cost_usd, 0)
    <> coalesce(days.rated_list_cost_usd, 0)
    or coalesce(cost_lines.gateway_cache_saved_usd, 0)
    <> coalesce(days.gateway_cache_saved_usd, 0)
