with applications as (
    select * from {{ ref('stg_directory__applications') }}
),

versions as (
    select * from {{ ref('int_directory_versions') }}
    where directory_table = 'applications'
),

versioned as (
    select
        applications.application_id,
        versions.valid_from,
        versions.valid_before,
        applications.project_id,
        applications.developer_id,
        applications.name
    from applications
    inner join versions
        on
            applications.load_id = versions.load_id
            and applications.record_no = versions.record_no
)

select * from versioned
