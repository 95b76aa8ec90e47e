with pools as (
    select * from {{ ref('int_pools_governed') }}
),

weights as (
    select * from {{ ref('int_pools_weighted') }}
),

scaled as (
    select
        pools.*,
        weights.cost_center_id,
        weights.driver_quantity,
        cast(
            cast(abs(pools.amount_minor) as decimal(19, 0)) * weights.weight
            as decimal(38, 12)
        ) as scaled_weight,
        cast(
            sum(weights.weight) over (partition by pools.month, pools.pool_id)
            as decimal(38, 12)
        ) as pool_weight,
        cast(
            sum(weights.driver_quantity) over (partition by pools.month, pools.pool_id)
            as decimal(38, 12)
        ) as pool_driver_quantity
    from pools
    left join weights
        on pools.month = weights.month and pools.pool_id = weights.pool_id
),

-- Whole parts come out of doubles exactly up to 10^15 minor units, remainders always.
divided as (
    select
        *,
        scaled_weight % pool_weight as remaining_weight,
        cast(
            round(
                cast(scaled_weight - scaled_weight % pool_weight as double)
                / cast(pool_weight as double)
            ) as bigint
        ) as floor_minor
    from scaled
)

select * from divided
