-- The finance controller asks: what did each cost centre spend, and who pays the rest?
-- Expect: a call counts where its key belonged then; what no cost centre bears stands
-- under its reason, so that the rows sum to the whole. Rated and logged are never added.
with borne as (
    select
        daily.*,
        coalesce(
            centers.name,
            daily.cost_center_id,
            case
                when daily.team_id is not null then 'team_without_cost_center'
                when
                    coalesce(
                        daily.project_id, daily.application_id, daily.developer_id
                    ) is not null
                    then 'no_team'
                when daily.api_key_id is not null then 'key_not_in_directory'
                else 'no_api_key'
            end
        ) as cost_center
    from costs.agg_cost_daily as daily
    left join consumers.dim_cost_centers as centers
        on
            daily.cost_center_id = centers.cost_center_id
            and centers.valid_before = '9999-12-31'
)

select
    cost_center,
    cast(sum(attempt_count) as bigint) as attempt_count,
    sum(rated_cost_usd) filter (where event_date < '2026-05-01')
        as april_rated_cost_usd,
    sum(rated_cost_usd) filter (where event_date >= '2026-05-01') as may_rated_cost_usd,
    sum(rated_cost_usd) as rated_cost_usd,
    sum(logged_cost_usd) as logged_cost_usd
from borne
group by cost_center
order by rated_cost_usd desc, cost_center asc
