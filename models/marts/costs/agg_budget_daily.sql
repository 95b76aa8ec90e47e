with budget_days as (
    select * from {{ ref('int_budgets_spent') }}
),

-- A day without calls cost nothing; what calls cost may be unknown.
known as (
    select
        *,
        cast(date_trunc('month', event_date) as date) as month,
        case when is_used then cost_usd else cast(0 as decimal(38, 12)) end
            as known_cost_usd
    from budget_days
),

summed as (
    select
        *,
        cast(sum(cost_usd) over month_to_date as decimal(38, 12)) as known_usd,
        max(case when is_used then 1 else 0 end) over month_to_date as used_flag,
        cast(sum(known_cost_usd) over last_week as decimal(38, 12)) as week_usd,
        count(known_cost_usd) over last_week as week_day_count
    from known
    window
        month_to_date as (partition by budget_id, month order by event_date nulls last),
        last_week as (
            partition by budget_id
            order by event_date nulls last
            range between interval '6' day preceding and current row
        )
),

compared as (
    select
        *,
        case when used_flag = 0 then cast(0 as decimal(38, 12)) else known_usd end
            as month_to_date_usd,
        extract(day from event_date) as day_no,
        extract(day from last_day(event_date)) as month_day_count
    from summed
),

-- What is left, in days of the week's mean, is short_usd / week_usd.
projected as (
    select
        *,
        cast(budget_usd - month_to_date_usd as decimal(38, 12)) as remaining_usd,
        cast(
            (budget_usd - month_to_date_usd) * cast(week_day_count as decimal(19, 0))
            as decimal(38, 12)
        ) as short_usd,
        min(case when month_to_date_usd >= budget_usd then event_date end) over (
            partition by budget_id, month
            order by event_date nulls last
        ) as ran_out_date
    from compared
),

dated as (
    select
        *,
        case
            when remaining_usd <= 0 then ran_out_date
            -- Exact, so that no double decides whether it lasts the month.
            when
                cast(month_day_count - day_no as decimal(19, 0)) * week_usd
                >= short_usd
                then
                    event_date + cast(
                        round(
                            cast(short_usd - short_usd % week_usd as double)
                            / cast(week_usd as double)
                        ) as int
                    ) + case when short_usd % week_usd > 0 then 1 else 0 end
        end as run_out_date
    from projected
),

followed as (
    select
        budget_id,
        event_date,
        name,
        scope,
        scope_id,
        budget_usd,
        month_to_date_usd,
        remaining_usd,
        case
            when budget_usd > 0
                then cast(month_to_date_usd as double) / cast(budget_usd as double)
        end as burn_ratio,
        cast(day_no as double) / cast(month_day_count as double) as even_burn_ratio,
        run_out_date,
        remaining_usd < 0 as is_over
    from dated
)

select * from followed
