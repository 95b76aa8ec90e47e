{{ config(materialized='view') }}

with placed as (
    select * from {{ ref('int_attempts_placed') }}
),

teams as (
    select * from {{ ref('dim_teams') }}
),

developers as (
    select * from {{ ref('dim_developers') }}
),

organizations as (
    select * from {{ ref('dim_organizations') }}
),

teamed as (
    select
        *,
        coalesce(recorded_team_id, directory_team_id) as team_id
    from placed
),

employed as (
    select
        teamed.*,
        teams.cost_center_id,
        coalesce(teams.organization_id, developers.organization_id)
            as directory_organization_id,
        coalesce(
            teamed.recorded_organization_id,
            teams.organization_id,
            developers.organization_id
        ) as organization_id
    from teamed
    left join teams
        on
            teamed.team_id = teams.team_id
            and teamed.requested_at >= teams.valid_from
            and teamed.requested_at < teams.valid_before
    left join developers
        on
            teamed.developer_id = developers.developer_id
            and teamed.requested_at >= developers.valid_from
            and teamed.requested_at < developers.valid_before
),

owned as (
    select
        {{ all_but('employed', [
            'recorded_team_id', 'recorded_organization_id', 'recorded_plan_id',
            'directory_team_id', 'directory_organization_id',
        ]) }},
        coalesce(employed.recorded_plan_id, organizations.plan_id) as plan_id,
        coalesce(employed.recorded_team_id <> employed.directory_team_id, false)
        or coalesce(
            employed.recorded_organization_id <> employed.directory_organization_id,
            false
        ) as is_owner_disputed
    from employed
    left join organizations
        on
            employed.organization_id = organizations.organization_id
            and employed.requested_at >= organizations.valid_from
            and employed.requested_at < organizations.valid_before
)

select * from owned
