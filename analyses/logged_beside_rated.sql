-- Whoever trusts the gateway's own cost asks: is it what the price book says, by model?
-- Expect: logged and rated over the same attempts. A gateway's day of a model is `both`
-- where each attempt with tokens has a logged cost and a price, `rated_only` where none
-- has a logged cost, `mixed` where some have, `logged_only` where something has no
-- price, `no_tokens` where nobody stated any. Only `both` can be compared, and at list
-- price: a gateway knows no contract. What yours saves is list less rated.
with measures as (
    select
        event_date,
        gateway,
        provider,
        coalesce(model_served, model_requested) as model_name,
        count(*) as attempt_count,
        count(*) filter (where token_basis <> 'missing') as measured_count,
        count(logged_cost_usd) filter (where token_basis <> 'missing') as logged_count,
        0 as unknown_count,
        sum(logged_cost_usd) as logged_cost_usd,
        cast(null as decimal(38, 12)) as rated_list_cost_usd,
        cast(null as decimal(38, 12)) as rated_cost_usd
    from usage.fct_attempts
    where is_counted
    group by event_date, gateway, provider, coalesce(model_served, model_requested)
    union all
    select
        event_date,
        gateway,
        provider,
        model_name,
        0 as attempt_count,
        0 as measured_count,
        0 as logged_count,
        unpriced_quantity + unmeasured_attempt_count as unknown_count,
        null as logged_cost_usd,
        rated_list_cost_usd,
        rated_cost_usd
    from costs.agg_cost_daily
),

cells as (
    select
        model_name,
        sum(attempt_count) as attempt_count,
        sum(logged_cost_usd) as logged_cost_usd,
        sum(rated_list_cost_usd) as rated_list_cost_usd,
        sum(rated_cost_usd) as rated_cost_usd,
        case
            when sum(measured_count) = 0 then 'no_tokens'
            when sum(logged_count) = 0 then 'rated_only'
            when sum(logged_count) < sum(measured_count) then 'mixed'
            when sum(unknown_count) > 0 then 'logged_only'
            else 'both'
        end as known_cost
    from measures
    group by event_date, gateway, provider, model_name
)

select
    model_name,
    known_cost,
    cast(sum(attempt_count) as bigint) as attempt_count,
    sum(logged_cost_usd) as logged_cost_usd,
    sum(rated_list_cost_usd) as rated_list_cost_usd,
    sum(rated_cost_usd) as rated_cost_usd,
    case
        when known_cost = 'both' then sum(rated_list_cost_usd) - sum(logged_cost_usd)
    end as list_less_logged_usd
from cells
group by model_name, known_cost
order by model_name asc nulls last, known_cost asc
