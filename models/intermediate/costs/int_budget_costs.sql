with usage_hours as (
    select * from {{ ref('agg_usage_hourly') }}
),

-- Until calls are rated, what the gateway logged stands for what they cost.
summed as (
    select
        event_date,
        cost_center_id,
        team_id,
        project_id,
        application_id,
        organization_id,
        cast(sum(logged_cost_usd) as decimal(38, 12)) as cost_usd
    from usage_hours
    group by
        event_date,
        cost_center_id,
        team_id,
        project_id,
        application_id,
        organization_id
)

select * from summed
