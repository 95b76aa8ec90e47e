with projects as (
    select * from {{ ref('stg_directory__projects') }}
),

versions as (
    select * from {{ ref('int_directory_versions') }}
    where directory_table = 'projects'
),

versioned as (
    select
        projects.project_id,
        versions.valid_from,
        versions.valid_before,
        projects.team_id,
        projects.name
    from projects
    inner join versions
        on
            projects.load_id = versions.load_id
            and projects.record_no = versions.record_no
)

select * from versioned
