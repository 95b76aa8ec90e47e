-- A cent more or less than the pool is charged to somebody, or to nobody.
with charged as (
    select
        month,
        pool_id,
        currency_code,
        sum(amount) as amount,
        sum(amount_minor) as amount_minor
    from {{ ref('fct_pool_allocations') }}
    group by month, pool_id, currency_code
)

select
    pools.month,
    pools.pool_id,
    pools.amount as pool_amount,
    charged.amount as charged_amount
from {{ ref('stg_seeds__cost_pools') }} as pools
full outer join charged
    on
        pools.month = charged.month
        and pools.pool_id = charged.pool_id
        and pools.currency_code = charged.currency_code
left join {{ ref('int_pools_governed') }} as governed
    on pools.month = governed.month and pools.pool_id = governed.pool_id
where
    pools.pool_id is null
    or charged.pool_id is null
    or charged.amount <> pools.amount
    or charged.amount_minor <> governed.amount_minor
