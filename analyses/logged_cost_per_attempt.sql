-- Whoever warns clients before a call asks: what does one cost, typically and at worst?
-- Expect: percentiles of what the gateway logged for each attempt that a provider
-- answered; rated cost is known by day and dimensions, not by attempt. No p99 of fewer
-- than 500 attempts, where five would decide it; null where nothing was logged.
select
    coalesce(model_served, model_requested) as model_name,
    count(*) as attempt_count,
    count(logged_cost_usd) as logged_attempt_count,
    percentile_disc(0.5) within group (order by logged_cost_usd asc) as p50_logged_usd,
    percentile_disc(0.9) within group (order by logged_cost_usd asc) as p90_logged_usd,
    case
        when count(logged_cost_usd) >= 500
            then percentile_disc(0.99) within group (order by logged_cost_usd asc)
    end as p99_logged_usd
from usage.fct_attempts
where
    is_counted
    and error_type is null
    and coalesce(status_code < 400, token_basis <> 'missing')
    and not coalesce(is_aborted, false)
    and not coalesce(is_gateway_cache_hit, false)
group by coalesce(model_served, model_requested)
order by attempt_count desc, model_name asc nulls last
