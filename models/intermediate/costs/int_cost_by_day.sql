{{ config(materialized='table') }}

-- The one place that says which cost is forecast.
with costs as (
    select * from {{ ref('agg_cost_daily') }}
),

summed as (
    select
        cost_center_id,
        cast(sum(rated_cost_usd) as decimal(38, 12)) as cost_usd,
        event_date
    from costs
    group by cost_center_id, event_date
)

select * from summed
