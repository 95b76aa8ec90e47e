with organizations as (
    select * from {{ ref('stg_directory__organizations') }}
),

versions as (
    select * from {{ ref('int_directory_versions') }}
    where directory_table = 'organizations'
),

versioned as (
    select
        organizations.organization_id,
        versions.valid_from,
        versions.valid_before,
        organizations.name,
        organizations.plan_id,
        organizations.timezone,
        organizations.signed_up_at,
        organizations.is_internal
    from organizations
    inner join versions
        on
            organizations.load_id = versions.load_id
            and organizations.record_no = versions.record_no
)

select * from versioned
