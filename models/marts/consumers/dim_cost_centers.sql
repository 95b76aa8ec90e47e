with cost_centers as (
    select * from {{ ref('stg_directory__cost_centers') }}
),

versions as (
    select * from {{ ref('int_directory_versions') }}
    where directory_table = 'cost_centers'
),

versioned as (
    select
        cost_centers.cost_center_id,
        versions.valid_from,
        versions.valid_before,
        cost_centers.name
    from cost_centers
    inner join versions
        on
            cost_centers.load_id = versions.load_id
            and cost_centers.record_no = versions.record_no
)

select * from versioned
