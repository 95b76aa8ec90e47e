-- A landing that does not begin with the month's own cost, or whose scope shows no
-- method or two, misleads whoever plans with it.
{{ config(enabled=target.type == 'duckdb') }}

with forecasts as (
    select * from {{ ref('agg_cost_forecasts') }}
),

costs as (
    select * from {{ ref('int_cost_by_day') }}
),

begun as (
    select distinct
        as_of_date,
        month
    from forecasts
),

month_costs as (
    select
        costs.cost_center_id,
        costs.cost_usd
    from costs
    inner join begun
        on costs.event_date >= begun.month and costs.event_date <= begun.as_of_date
),

spent as (
    select
        'all' as scope,
        cast(null as {{ dbt.type_string() }}) as scope_id,
        sum(cost_usd) as cost_usd
    from month_costs
    union all
    select
        'cost_center' as scope,
        cost_center_id as scope_id,
        sum(cost_usd) as cost_usd
    from month_costs
    group by cost_center_id
),

scopes as (
    select
        scope,
        scope_id,
        min(actual_to_date_usd) as lowest_usd,
        max(actual_to_date_usd) as highest_usd,
        count(case when is_chosen then 1 end) as chosen_count,
        count(
            case when landing_p10_usd < actual_to_date_usd
                or landing_p50_usd < landing_p10_usd
                or landing_p90_usd < landing_p50_usd then 1 end
        ) as disordered_count
    from forecasts
    group by scope, scope_id
)

select
    scopes.*,
    spent.cost_usd
from scopes
left join spent
    on scopes.scope = spent.scope and scopes.scope_id is not distinct from spent.scope_id
where
    scopes.chosen_count <> 1
    or scopes.disordered_count > 0
    or scopes.lowest_usd is distinct from spent.cost_usd
    or scopes.highest_usd is distinct from spent.cost_usd
