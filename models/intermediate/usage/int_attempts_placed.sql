{{ config(materialized='view') }}

with requests as (
    select * from {{ ref('int_requests_sourced') }}
),

halves as (
    select * from {{ ref('int_request_halves') }}
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

-- What is missing here may stand in the request's other record.
completed as (
    select
        {{ all_but('requests', half_columns() + ['token_basis']) }},
        {%- for name in half_columns() %}
            coalesce(requests.{{ name }}, halves.{{ name }}) as {{ name }},
        {%- endfor %}
        case
            when halves.is_gateway_cache_hit and requests.token_basis <> 'missing'
                then 'replayed_from_cache'
            else requests.token_basis
        end as token_basis
    from requests
    left join halves
        on
            requests.load_id = halves.load_id
            and requests.record_no = halves.record_no
            and requests.event_date = halves.event_date
),

keyed as (
    select
        {{ all_but('completed', ['application_id']) }},
        api_keys.project_id as key_project_id,
        api_keys.team_id as key_team_id,
        api_keys.developer_id as key_developer_id,
        coalesce(completed.application_id, api_keys.application_id) as application_id
    from completed
    left join api_keys
        on
            completed.api_key_id = api_keys.api_key_id
            and completed.requested_at >= api_keys.valid_from
            and completed.requested_at < api_keys.valid_before
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
