with budgets as (
    select * from {{ source('seeds', 'budgets') }}
),

closed as (
    select
        budget_id,
        name,
        scope,
        scope_id,
        monthly_budget_usd,
        valid_from,
        coalesce(valid_before, cast('9999-12-31' as date)) as valid_before,
        source
    from budgets
)

select * from closed
