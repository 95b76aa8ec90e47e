-- The finance controller asks: why did the last month cost more than the one before?
-- Expect: a line is a token class of a model; its unit a token, image, search, request.
-- Volume: what it would cost more had all of its unit grown alike, at old prices. Mix:
-- its share changed, at its old average price, or its own where it is new; a line that
-- vanished is all volume and mix. Price: the average price changed, tiers and contracts
-- included. The last row explains the whole difference; unexplained_usd is 0. A month
-- that is not over is compared with as many days of the one before; without one before,
-- all cost is mix.
with months as (
    select
        cast(date_trunc('month', max(event_date)) as date) as this_month,
        cast(
            date_trunc('month', date_trunc('month', max(event_date)) - interval '1' day)
            as date
        ) as month_before,
        extract(day from max(event_date)) as day_count,
        max(event_date) = last_day(max(event_date)) as is_over
    from costs.agg_cost_daily
),

compared_days as (
    select distinct
        day_costs.event_date,
        day_costs.event_date < months.this_month as is_old
    from costs.agg_cost_daily as day_costs
    inner join months on day_costs.event_date >= months.month_before
    where
        day_costs.event_date >= months.this_month
        or months.is_over
        or extract(day from day_costs.event_date) <= months.day_count
),

bought as (
    select
        cost_lines.provider_id,
        coalesce(cost_lines.price_model_id, cost_lines.model_name) as model_name,
        cost_lines.token_class,
        case
            when cost_lines.token_class like '%tokens' then 'tokens'
            else cost_lines.token_class
        end as unit_name,
        compared_days.is_old,
        cost_lines.rated_cost_usd is not null as is_priced,
        cost_lines.quantity,
        cost_lines.rated_cost_usd
    from costs.fct_cost_lines as cost_lines
    inner join compared_days on cost_lines.event_date = compared_days.event_date
    where cost_lines.is_billable
),

compared as (
    select
        provider_id,
        model_name,
        token_class,
        unit_name,
        sum(quantity) filter (where is_old and is_priced) as old_quantity,
        sum(quantity) filter (where is_priced and not is_old) as new_quantity,
        sum(rated_cost_usd) filter (where is_old) as old_cost_usd,
        sum(rated_cost_usd) filter (where not is_old) as new_cost_usd,
        count(*) filter (where is_old and not is_priced) as old_unpriced_count,
        count(*) filter (where not (is_old or is_priced)) as new_unpriced_count
    from bought
    group by provider_id, model_name, token_class, unit_name
),

grown as (
    select
        *,
        cast(coalesce(new_quantity, 0) as double) / cast(old_quantity as double)
            as quantity_ratio,
        cast(coalesce(sum(new_quantity) over (partition by unit_name), 0) as double)
        / cast(sum(old_quantity) over (partition by unit_name) as double)
            as unit_ratio
    from compared
    where old_quantity is not null or new_quantity is not null
),

-- Two costs between the old and the new one. Each is rounded once, so that the steps
-- from one to the next sum exactly, whatever was rounded away.
stepped as (
    select
        *,
        cast(round(cast(old_cost_usd as double) * unit_ratio, 12) as decimal(38, 12))
            as grown_cost_usd,
        cast(
            round(cast(old_cost_usd as double) * quantity_ratio, 12) as decimal(38, 12)
        ) as mixed_cost_usd
    from grown
),

daily as (
    select
        compared_days.is_old,
        day_costs.rated_cost_usd
    from costs.agg_cost_daily as day_costs
    inner join compared_days on day_costs.event_date = compared_days.event_date
),

explained as (
    select
        case
            when old_quantity is null and old_unpriced_count > 0 then 'newly_priced'
            when old_quantity is null then 'new'
            when new_quantity is null and new_unpriced_count > 0 then 'no_longer_priced'
            when new_quantity is null then 'vanished'
            else 'continued'
        end as line_kind,
        provider_id,
        model_name,
        token_class,
        coalesce(old_cost_usd, 0) as old_cost_usd,
        coalesce(new_cost_usd, 0) as new_cost_usd,
        coalesce(grown_cost_usd - old_cost_usd, 0) as volume_usd,
        coalesce(mixed_cost_usd, new_cost_usd) - coalesce(grown_cost_usd, 0) as mix_usd,
        coalesce(new_cost_usd, 0) - coalesce(mixed_cost_usd, new_cost_usd) as price_usd
    from stepped
    union all
    -- Of the days, not of the lines, so that the check can fail.
    select
        'total' as line_kind,
        null as provider_id,
        null as model_name,
        null as token_class,
        coalesce(sum(rated_cost_usd) filter (where is_old), 0) as old_cost_usd,
        coalesce(sum(rated_cost_usd) filter (where not is_old), 0) as new_cost_usd,
        0 as volume_usd,
        0 as mix_usd,
        0 as price_usd
    from daily
),

summed as (
    select
        line_kind,
        provider_id,
        model_name,
        token_class,
        old_cost_usd,
        new_cost_usd,
        case when line_kind = 'total' then sum(volume_usd) over () else volume_usd end
            as volume_usd,
        case when line_kind = 'total' then sum(mix_usd) over () else mix_usd end
            as mix_usd,
        case when line_kind = 'total' then sum(price_usd) over () else price_usd end
            as price_usd
    from explained
)

select
    *,
    new_cost_usd - old_cost_usd as difference_usd,
    new_cost_usd - old_cost_usd - volume_usd - mix_usd - price_usd as unexplained_usd
from summed
order by
    case when line_kind = 'total' then 1 else 0 end,
    abs(new_cost_usd - old_cost_usd) desc,
    provider_id asc nulls last,
    model_name asc nulls last,
    token_class asc
