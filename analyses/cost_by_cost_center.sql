-- The finance controller asks: what did each cost centre spend, and who pays the rest?
-- Expect: a call counts where its key belonged then; what no cost centre bears stands
-- under its reason, so that the rows sum to the whole. Rated and logged are no sum.
with borne as (
    select
        *,
        case
            when cost_center_id is not null then cost_center_id
            when team_id is not null then 'team_without_cost_center'
            when coalesce(project_id, application_id, developer_id) is not null
                then 'no_team'
            when api_key_id is not null then 'key_not_in_directory'
            else 'no_api_key'
        end as bearer,
        event_date between '2026-04-01' and '2026-04-30' as is_april,
        event_date between '2026-05-01' and '2026-05-31' as is_may
    from costs.agg_cost_daily
)

select
    coalesce(centers.name, borne.bearer) as cost_center,
    sum(borne.rated_cost_usd) filter (where borne.is_april) as april_rated_usd,
    sum(borne.rated_cost_usd) filter (where borne.is_may) as may_rated_usd,
    sum(borne.logged_cost_usd) filter (where borne.is_may) as may_logged_usd
from borne
left join consumers.dim_cost_centers as centers
    on borne.bearer = centers.cost_center_id and centers.valid_before = '9999-12-31'
group by borne.bearer, centers.name
order by may_rated_usd desc, cost_center asc
