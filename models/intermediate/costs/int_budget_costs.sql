with costs as (
    select * from {{ ref('agg_cost_daily') }}
),

summed as (
    select
        event_date,
        cost_center_id,
        team_id,
        project_id,
        application_id,
        organization_id,
        cast(sum(rated_cost_usd) as decimal(38, 12)) as cost_usd
    from costs
    group by
        event_date,
        cost_center_id,
        team_id,
        project_id,
        application_id,
        organization_id
)

select * from summed
