with plans as (
    select * from {{ ref('stg_directory__plans') }}
),

versions as (
    select * from {{ ref('int_directory_versions') }}
    where directory_table = 'plans'
),

versioned as (
    select
        plans.plan_id,
        versions.valid_from,
        versions.valid_before,
        plans.name,
        plans.quota_bucket,
        plans.monthly_fee_usd,
        plans.included_quantity,
        plans.overage_unit_price_usd
    from plans
    inner join versions
        on
            plans.load_id = versions.load_id
            and plans.record_no = versions.record_no
)

select * from versioned
