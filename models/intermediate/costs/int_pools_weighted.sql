with pools as (
    select * from {{ ref('int_pools_governed') }}
),

drivers as (
    select * from {{ ref('int_pool_drivers') }}
),

policies as (
    select * from {{ ref('stg_seeds__allocation_policies') }}
),

measured as (
    select
        pools.month,
        pools.pool_id,
        drivers.cost_center_id,
        pools.driver,
        -- What nobody owns weighs as much as it was, but is no cost centre.
        case
            when
                pools.method = 'even'
                and drivers.cost_center_id is not null
                and drivers.attempt_count > 0
                then cast(1 as decimal(38, 12))
            when pools.driver = 'rated_cost' then drivers.rated_cost_usd
            when pools.driver = 'tokens' then cast(drivers.tokens as decimal(38, 12))
            when pools.driver = 'requests'
                then cast(drivers.attempt_count as decimal(38, 12))
        end as driver_quantity
    from pools
    inner join drivers on pools.month = drivers.month
    where pools.method in ('even', 'proportional')
    union all
    select
        pools.month,
        pools.pool_id,
        policies.cost_center_id,
        pools.driver,
        cast(policies.weight as decimal(38, 12)) as driver_quantity
    from pools
    inner join policies
        on
            pools.pool_id = policies.pool_id
            and pools.policy_valid_from = policies.valid_from
    where pools.method = 'fixed'
),

-- Counts weigh in millions: times the largest pool they still fit a decimal.
weighted as (
    select
        month,
        pool_id,
        cost_center_id,
        driver_quantity,
        case
            when driver in ('tokens', 'requests')
                then
                    cast(
                        driver_quantity * cast('0.000001' as decimal(7, 6))
                        as decimal(38, 12)
                    )
            else driver_quantity
        end as weight
    from measured
    where driver_quantity > 0
)

select * from weighted
