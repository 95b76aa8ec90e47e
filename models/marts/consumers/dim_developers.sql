with developers as (
    select * from {{ ref('stg_directory__developers') }}
),

versions as (
    select * from {{ ref('int_directory_versions') }}
    where directory_table = 'developers'
),

versioned as (
    select
        developers.developer_id,
        versions.valid_from,
        versions.valid_before,
        developers.organization_id
    from developers
    inner join versions
        on
            developers.load_id = versions.load_id
            and developers.record_no = versions.record_no
)

select * from versioned
