with allocation_policies as (
    select * from {{ source('seeds', 'allocation_policies') }}
),

closed as (
    select
        pool_id,
        method,
        driver,
        cost_center_id,
        weight,
        valid_from,
        coalesce(valid_before, cast('9999-12-31' as date)) as valid_before,
        source
    from allocation_policies
)

select * from closed
