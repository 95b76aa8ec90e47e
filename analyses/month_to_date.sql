-- The finance controller asks: what has the last month cost so far, day by day?
-- Expect: rated cost, and beside its running sum that of the month before at the same
-- day of the month. A day without calls has no row; an unknown cost is in no sum.
with months as (
    select
        cast(date_trunc('month', max(event_date)) as date) as this_month,
        cast(
            date_trunc('month', date_trunc('month', max(event_date)) - interval '1' day)
            as date
        ) as month_before
    from costs.agg_cost_daily
),

daily as (
    select
        daily_costs.event_date,
        months.this_month,
        extract(day from daily_costs.event_date) as day_no,
        daily_costs.event_date >= months.this_month as is_this_month,
        sum(daily_costs.attempt_count) as attempt_count,
        sum(daily_costs.unpriced_quantity) as unpriced_quantity,
        sum(daily_costs.rated_cost_usd) as rated_cost_usd
    from costs.agg_cost_daily as daily_costs
    inner join months on daily_costs.event_date >= months.month_before
    group by daily_costs.event_date, months.this_month
),

summed as (
    select
        this_day.event_date,
        this_day.attempt_count,
        this_day.unpriced_quantity,
        this_day.rated_cost_usd,
        sum(this_day.rated_cost_usd) over (order by this_day.event_date)
            as month_to_date_usd,
        this_day.day_no
    from daily as this_day
    where this_day.is_this_month
)

select
    summed.event_date,
    cast(summed.attempt_count as bigint) as attempt_count,
    summed.rated_cost_usd,
    summed.month_to_date_usd,
    sum(earlier.rated_cost_usd) as month_before_to_date_usd,
    cast(summed.unpriced_quantity as bigint) as unpriced_quantity
from summed
left join daily as earlier
    on not earlier.is_this_month and summed.day_no >= earlier.day_no
group by
    summed.event_date,
    summed.attempt_count,
    summed.rated_cost_usd,
    summed.month_to_date_usd,
    summed.unpriced_quantity
order by summed.event_date asc
