with budgets as (
    select * from {{ ref('stg_seeds__budgets') }}
),

costs as (
    select * from {{ ref('int_budget_costs') }}
),

scopes as (
    select 'all' as scope
    union all
    select 'cost_center' as scope
    union all
    select 'team' as scope
    union all
    select 'project' as scope
    union all
    select 'application' as scope
    union all
    select 'organization' as scope
),

scoped as (
    select
        scopes.scope,
        case scopes.scope
            when 'cost_center' then costs.cost_center_id
            when 'team' then costs.team_id
            when 'project' then costs.project_id
            when 'application' then costs.application_id
            when 'organization' then costs.organization_id
        end as scope_id,
        costs.event_date,
        costs.cost_usd
    from costs
    cross join scopes
),

spent as (
    select
        scope,
        scope_id,
        event_date,
        cast(sum(cost_usd) as decimal(38, 12)) as cost_usd
    from scoped
    where scope = 'all' or scope_id is not null
    group by scope, scope_id, event_date
),

spans as (
    select
        min(event_date) as first_date,
        max(event_date) as last_date
    from costs
),

days as (
    select {{ each_day('first_date', 'last_date') }} as event_date
    from spans
),

followed as (
    select
        budgets.budget_id,
        days.event_date,
        budgets.name,
        budgets.scope,
        budgets.scope_id,
        budgets.monthly_budget_usd as budget_usd,
        spent.cost_usd,
        spent.event_date is not null as is_used
    from budgets
    inner join days
        on
            budgets.valid_from <= days.event_date
            and budgets.valid_before > days.event_date
    left join spent
        on
            budgets.scope = spent.scope
            and budgets.scope_id is not distinct from spent.scope_id
            and days.event_date = spent.event_date
)

select * from followed
