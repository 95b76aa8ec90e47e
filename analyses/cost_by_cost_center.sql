-- The finance controller asks: what did each cost centre spend, and who pays the rest?
-- Expect: the last month of the books beside the whole one before. A call counts where
-- its key belonged then; what no cost centre bears stands under its reason, so that the
-- rows sum to the whole. Units without a price are in no cost; null: nothing had one.
-- Shared costs come on top: `shared_costs`.
with months as (
    select cast(date_trunc('month', max(event_date)) as date) as this_month
    from costs.fct_cost_lines
)

select
    coalesce(centers.name, cost_lines.cost_center_id, cost_lines.unattributed_reason)
        as cost_center,
    sum(cost_lines.rated_cost_usd) filter (
        where cost_lines.event_date < months.this_month
    ) as month_before_rated_usd,
    sum(cost_lines.rated_cost_usd) filter (
        where cost_lines.event_date >= months.this_month
    ) as this_month_rated_usd,
    cast(sum(
        case
            when cost_lines.event_date < months.this_month then 0
            when cost_lines.rated_cost_usd is null then cost_lines.quantity
            else 0
        end
    ) as bigint) as this_month_unpriced_quantity
from costs.fct_cost_lines as cost_lines
inner join months
    on cost_lines.event_date >= months.this_month - interval '1' month
left join consumers.dim_cost_centers as centers
    on
        cost_lines.cost_center_id = centers.cost_center_id
        and centers.valid_before = '9999-12-31'
group by centers.name, cost_lines.cost_center_id, cost_lines.unattributed_reason
order by this_month_rated_usd desc nulls last, cost_center asc
