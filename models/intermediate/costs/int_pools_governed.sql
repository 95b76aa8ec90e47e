with pools as (
    select * from {{ ref('stg_seeds__cost_pools') }}
),

currencies as (
    select
        currency_code,
        cast(
            concat('1e', cast(minor_unit_exponent as {{ dbt.type_string() }}))
            as decimal(19, 0)
        ) as minor_unit_quantity,
        cast(
            concat('1e-', cast(minor_unit_exponent as {{ dbt.type_string() }}))
            as decimal(18, 12)
        ) as minor_unit_amount
    from {{ ref('stg_seeds__currencies') }}
),

-- Fixed weights are a row for each cost centre.
policies as (
    select distinct
        pool_id,
        method,
        driver,
        valid_from,
        valid_before
    from {{ ref('stg_seeds__allocation_policies') }}
),

governed as (
    select
        pools.month,
        pools.pool_id,
        pools.currency_code,
        cast(pools.amount as decimal(38, 12)) as amount,
        -- The one rounding, half away from zero.
        cast(
            round(pools.amount * currencies.minor_unit_quantity) as bigint
        ) as amount_minor,
        currencies.minor_unit_amount,
        policies.method,
        policies.driver,
        policies.valid_from as policy_valid_from
    from pools
    left join currencies on pools.currency_code = currencies.currency_code
    left join policies
        on
            pools.pool_id = policies.pool_id
            and pools.month >= policies.valid_from
            and pools.month < policies.valid_before
)

select * from governed
