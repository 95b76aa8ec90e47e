{{ config(materialized='view') }}

with requests as (
    select * from {{ ref('int_requests_sourced') }}
),

api_keys as (
    select * from {{ ref('dim_api_keys') }}
),

applications as (
    select * from {{ ref('dim_applications') }}
),

projects as (
    select * from {{ ref('dim_projects') }}
),

keyed as (
    select
        {{ all_but('requests', ['application_id']) }},
        api_keys.project_id as key_project_id,
        api_keys.team_id as key_team_id,
        api_keys.developer_id as key_developer_id,
        coalesce(requests.application_id, api_keys.application_id) as application_id
    from requests
    left join api_keys
        on
            requests.api_key_id = api_keys.api_key_id
            and requests.requested_at >= api_keys.valid_from
            and requests.requested_at < api_keys.valid_before
),

applied as (
    select
        {{ all_but('keyed', [
            'project_id', 'developer_id', 'key_project_id', 'key_developer_id',
        ]) }},
        coalesce(keyed.project_id, keyed.key_project_id, applications.project_id)
            as project_id,
        coalesce(keyed.developer_id, keyed.key_developer_id, applications.developer_id)
            as developer_id
    from keyed
    left join applications
        on
            keyed.application_id = applications.application_id
            and keyed.requested_at >= applications.valid_from
            and keyed.requested_at < applications.valid_before
),

placed as (
    select
        {{ all_but('applied', [
            'team_id', 'organization_id', 'plan_id', 'key_team_id',
        ]) }},
        applied.team_id as recorded_team_id,
        coalesce(projects.team_id, applied.key_team_id) as directory_team_id,
        applied.organization_id as recorded_organization_id,
        applied.plan_id as recorded_plan_id
    from applied
    left join projects
        on
            applied.project_id = projects.project_id
            and applied.requested_at >= projects.valid_from
            and applied.requested_at < projects.valid_before
)

select * from placed
