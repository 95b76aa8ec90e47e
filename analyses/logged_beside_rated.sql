-- Whoever trusts the gateway's own cost asks: is it what the price book says, by model?
-- Expect: logged and rated over the same attempts. A cell (day, key, endpoint, model) is
-- `both` where each attempt with tokens has a logged cost and all of them have a price;
-- `rated_only` where nothing was logged, `logged_only` where something has no price,
-- `mixed` where some have a logged cost. Differences are of `both` alone.
with measures as (
    select
        event_date,
        gateway,
        api_key_id,
        endpoint,
        provider,
        coalesce(model_served, model_requested) as model_name,
        1 as attempt_count,
        case when token_basis <> 'missing' then 1 else 0 end as measured_count,
        case when logged_cost_usd is not null then 1 else 0 end as logged_count,
        case
            when token_basis <> 'missing' and logged_cost_usd is not null then 1 else 0
        end as comparable_count,
        0 as unpriced_quantity,
        logged_cost_usd,
        cast(null as decimal(38, 12)) as rated_cost_usd
    from usage.fct_attempts
    where is_counted
    union all
    select
        event_date,
        gateway,
        api_key_id,
        endpoint,
        provider,
        model_name,
        0 as attempt_count,
        0 as measured_count,
        0 as logged_count,
        0 as comparable_count,
        unpriced_quantity + unmeasured_attempt_count as unpriced_quantity,
        null as logged_cost_usd,
        rated_cost_usd
    from costs.agg_cost_daily
),

cells as (
    select
        model_name,
        sum(attempt_count) as attempt_count,
        sum(logged_cost_usd) as logged_cost_usd,
        sum(rated_cost_usd) as rated_cost_usd,
        case
            when sum(comparable_count) < sum(measured_count) and sum(logged_count) > 0
                then 'mixed'
            when sum(comparable_count) < sum(measured_count) then 'rated_only'
            when sum(unpriced_quantity) > 0 then 'logged_only'
            else 'both'
        end as known_cost
    from measures
    group by event_date, gateway, api_key_id, endpoint, provider, model_name
)

select
    model_name,
    known_cost,
    cast(sum(attempt_count) as bigint) as attempt_count,
    sum(logged_cost_usd) as logged_cost_usd,
    sum(rated_cost_usd) as rated_cost_usd,
    case when known_cost = 'both' then sum(rated_cost_usd) - sum(logged_cost_usd) end
        as rated_less_logged_usd
from cells
group by model_name, known_cost
order by model_name asc nulls last, known_cost asc
