-- A budget owner asks: how much is left, and when does it run out?
-- Expect: each budget on the last day of the data, the one that burns fastest first; a
-- burn ratio above the even one spends faster than the month goes by.
with latest as (
    select max(event_date) as event_date
    from costs.agg_budget_daily
)

select
    budgets.budget_id,
    budgets.name,
    budgets.event_date,
    budgets.budget_usd,
    budgets.month_to_date_usd,
    budgets.remaining_usd,
    round(budgets.burn_ratio, 4) as burn_ratio,
    round(budgets.even_burn_ratio, 4) as even_burn_ratio,
    budgets.run_out_date,
    budgets.is_over
from costs.agg_budget_daily as budgets
inner join latest on budgets.event_date = latest.event_date
order by budgets.burn_ratio desc nulls last, budgets.budget_id asc
