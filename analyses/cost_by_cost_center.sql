-- The finance controller asks: what did each cost centre spend, month by month?
-- Expect: a call counts where its key belonged then; a project that moved splits.
select
    centers.name as cost_center,
    cast(sum(hours.attempt_count) as bigint) as attempt_count,
    sum(hours.logged_cost_usd) filter (where hours.event_date < '2026-05-01')
        as april_logged_cost_usd,
    sum(hours.logged_cost_usd) filter (where hours.event_date >= '2026-05-01')
        as may_logged_cost_usd
from usage.agg_usage_hourly as hours
inner join consumers.dim_cost_centers as centers
    on
        hours.cost_center_id = centers.cost_center_id
        and hours.hour_started_at >= centers.valid_from
        and hours.hour_started_at < centers.valid_before
group by centers.name
order by may_logged_cost_usd desc
limit 3
