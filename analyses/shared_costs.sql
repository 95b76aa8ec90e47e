-- The finance controller asks: who bears each month's shared costs, and what stays?
-- Expect: amounts by currency, which are never added. What no cost centre bears stays
-- with the platform, under the reason why; a month's rows sum to its pools.
select
    allocations.month,
    allocations.currency_code,
    coalesce(
        centers.name, allocations.cost_center_id, allocations.retained_reason
    ) as bearer,
    allocations.cost_center_id is null as is_retained,
    count(distinct allocations.pool_id) as pool_count,
    sum(allocations.amount) as amount
from costs.fct_pool_allocations as allocations
left join consumers.dim_cost_centers as centers
    on
        allocations.cost_center_id = centers.cost_center_id
        and centers.valid_before = '9999-12-31'
group by
    allocations.month,
    allocations.currency_code,
    coalesce(centers.name, allocations.cost_center_id, allocations.retained_reason),
    allocations.cost_center_id is null
order by
    allocations.month desc,
    allocations.currency_code asc,
    is_retained asc,
    amount desc,
    bearer asc
