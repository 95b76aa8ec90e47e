-- Finance asks: what did each team spend, and on which model?
-- Expect: logged cost to the last digit; what no team owns is a row of its own.
select
    coalesce(team_id, 'nobody') as team,
    coalesce(model_served, 'none') as model_name,
    cast(sum(attempt_count) as bigint) as attempt_count,
    sum(logged_cost_usd) as logged_cost_usd
from usage.agg_usage_hourly
group by team_id, model_served
order by logged_cost_usd desc, team asc, model_name asc
limit 4
