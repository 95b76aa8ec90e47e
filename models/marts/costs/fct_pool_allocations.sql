with pools as (
    select * from {{ ref('int_pools_governed') }}
),

divided as (
    select * from {{ ref('int_pools_divided') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by month, pool_id
            order by remaining_weight desc nulls last, cost_center_id asc nulls last
        ) as remainder_rank,
        cast(
            sum(floor_minor) over (partition by month, pool_id) as bigint
        ) as pool_floor_minor
    from divided
),

-- Largest remainders: what the floors leave goes out one minor unit a line.
parted as (
    select
        *,
        case
            when driver_quantity is null then amount_minor
            else
                (
                    floor_minor + case
                        when remainder_rank <= abs(amount_minor) - pool_floor_minor
                            then 1
                        else 0
                    end
                ) * case when amount_minor < 0 then -1 else 1 end
        end as part_minor,
        case
            when cost_center_id is not null then null
            when method is null then 'no_policy'
            when method = 'none' then 'method_none'
            when driver_quantity is null then 'no_weights'
            else 'unattributed'
        end as retained_reason
    from ranked
),

lines as (
    select
        month,
        pool_id,
        cost_center_id,
        retained_reason,
        currency_code,
        cast(
            cast(part_minor as decimal(19, 0)) * minor_unit_amount as decimal(38, 12)
        ) as amount,
        cast(part_minor as bigint) as amount_minor,
        method,
        driver,
        driver_quantity,
        pool_driver_quantity,
        policy_valid_from
    from parted
    union all
    select
        month,
        pool_id,
        cast(null as {{ dbt.type_string() }}) as cost_center_id,
        'rounding' as retained_reason,
        currency_code,
        cast(
            amount - cast(amount_minor as decimal(19, 0)) * minor_unit_amount
            as decimal(38, 12)
        ) as amount,
        cast(0 as bigint) as amount_minor,
        method,
        driver,
        cast(null as decimal(38, 12)) as driver_quantity,
        cast(null as decimal(38, 12)) as pool_driver_quantity,
        policy_valid_from
    from pools
    where amount <> cast(amount_minor as decimal(19, 0)) * minor_unit_amount
)

select * from lines
