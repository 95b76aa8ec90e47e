-- A landing that does not begin with the month's own cost, or whose scope shows no
-- method or two, misleads whoever plans with it.
{{ config(enabled=target.type == 'duckdb') }}

with forecasts as (
    select * from {{ ref('agg_cost_forecasts') }}
),

costs as (
    select * from {{ ref('int_cost_by_day') }}
),

months as (
    select distinct
        as_of_date,
        month
    from forecasts
),

month_costs as (
    select
        months.month,
        costs.cost_center_id,
        costs.cost_usd
    from months
    inner join costs
        on months.month <= costs.event_date and months.as_of_date >= costs.event_date
),

spent as (
    select
        month,
        'all' as scope,
        cast(null as {{ dbt.type_string() }}) as scope_id,
        sum(cost_usd) as cost_usd
    from month_costs
    group by month
    union all
    select
        month,
        'cost_center' as scope,
        cost_center_id as scope_id,
        sum(cost_usd) as cost_usd
    from month_costs
    group by month, cost_center_id
),

scopes as (
    select
        month,
        scope,
        scope_id,
        min(actual_to_date_usd) as lowest_usd,
        max(actual_to_date_usd) as highest_usd,
        count(case when is_chosen then 1 end) as chosen_count,
        count(
            case
                when
                    landing_p10_usd < actual_to_date_usd
                    or landing_p50_usd < landing_p10_usd
                    or landing_p90_usd < landing_p50_usd
                    then 1
            end
        ) as disordered_count
    from forecasts
    group by month, scope, scope_id
),

compared as (
    select
        scopes.*,
        -- A scope without a row of the month has spent nothing of it.
        case when spent.month is null then 0 else spent.cost_usd end as cost_usd
    from scopes
    left join spent
        on
            scopes.month = spent.month
            and scopes.scope = spent.scope
            and scopes.scope_id is not distinct from spent.scope_id
)

select * from compared
where
    chosen_count <> 1
    or disordered_count > 0
    or lowest_usd is distinct from cost_usd
    or highest_usd is distinct from cost_usd
