with plan_endpoints as (
    select * from {{ ref('stg_directory__plan_endpoints') }}
),

versions as (
    select * from {{ ref('int_directory_versions') }}
    where directory_table = 'plan_endpoints'
),

versioned as (
    select
        plan_endpoints.plan_id,
        plan_endpoints.endpoint,
        versions.valid_from,
        versions.valid_before
    from plan_endpoints
    inner join versions
        on
            plan_endpoints.load_id = versions.load_id
            and plan_endpoints.record_no = versions.record_no
)

select * from versioned
