-- The finance controller asks: where will the month land?
-- Expect: rated cost to date, and what 10, 50 and 90 % of the forecast's paths stay
-- below. `month_is_over` is no forecast; on a month's last day the next one stands
-- beside it. The intervals of cost centres do not sum to that of all.
with latest as (
    select max(as_of_date) as as_of_date
    from costs.agg_cost_forecasts
)

select
    forecasts.as_of_date,
    forecasts.month,
    coalesce(
        centers.name,
        forecasts.scope_id,
        case when forecasts.scope = 'all' then 'all' else 'no cost centre' end
    ) as cost_center,
    forecasts.method_basis,
    forecasts.actual_to_date_usd,
    forecasts.landing_p10_usd,
    forecasts.landing_p50_usd,
    forecasts.landing_p90_usd
from costs.agg_cost_forecasts as forecasts
inner join latest on forecasts.as_of_date = latest.as_of_date
left join consumers.dim_cost_centers as centers
    on
        forecasts.scope_id = centers.cost_center_id
        and centers.valid_before = '9999-12-31'
where forecasts.is_chosen
order by
    forecasts.month asc,
    forecasts.scope asc,
    forecasts.landing_p50_usd desc nulls last,
    forecasts.scope_id asc nulls last
