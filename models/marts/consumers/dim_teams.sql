with teams as (
    select * from {{ ref('stg_directory__teams') }}
),

versions as (
    select * from {{ ref('int_directory_versions') }}
    where directory_table = 'teams'
),

versioned as (
    select
        teams.team_id,
        versions.valid_from,
        versions.valid_before,
        teams.organization_id,
        teams.name,
        teams.cost_center_id
    from teams
    inner join versions
        on
            teams.load_id = versions.load_id
            and teams.record_no = versions.record_no
)

select * from versioned
