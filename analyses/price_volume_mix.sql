-- The finance controller asks: why did the last month cost more than the one before?
-- Expect: a line is what a token class of a model cost, per token, image, call or request.
-- Volume: all quantities of its unit grew alike, at the old mix and old average price.
-- Mix: its share of them changed, at the old price, or its own where it is new; a line
-- that vanished is all volume and mix. Price: the average price (tiers and contracts
-- included) changed, at the new quantity. They sum exactly to the difference, and the
-- last row to that of the whole cost; unexplained_usd is then 0.
with months as (
    select
        cast(date_trunc('month', max(event_date)) as date) as this_month,
        cast(
            date_trunc('month', date_trunc('month', max(event_date)) - interval '1' day)
            as date
        ) as month_before
    from costs.agg_cost_daily
),

lines as (
    select
        cost_lines.provider_id,
        coalesce(cost_lines.price_model_id, cost_lines.model_name) as model_name,
        cost_lines.token_class,
        case
            when cost_lines.token_class like '%tokens' then 'tokens'
            else cost_lines.token_class
        end as unit,
        cost_lines.event_date < months.this_month as is_before,
        cost_lines.rated_cost_usd is not null as is_priced,
        cost_lines.quantity,
        cost_lines.rated_cost_usd
    from costs.fct_cost_lines as cost_lines
    inner join months on cost_lines.event_date >= months.month_before
    where cost_lines.is_billable
),

compared as (
    select
        provider_id,
        model_name,
        token_class,
        unit,
        sum(case when is_before and is_priced then quantity else 0 end) as old_quantity,
        sum(case when is_priced and not is_before then quantity else 0 end)
            as new_quantity,
        cast(sum(case when is_before then rated_cost_usd else 0 end) as decimal(38, 12))
            as known_old_usd,
        cast(sum(case when is_before then 0 else rated_cost_usd end) as decimal(38, 12))
            as known_new_usd,
        max(case when is_before and not is_priced then 1 else 0 end) as unpriced_before,
        max(case when is_before or is_priced then 0 else 1 end) as unpriced_now
    from lines
    group by provider_id, model_name, token_class, unit
),

-- A line that has no cost in a month cost nothing in it, as far as sums of cost go.
grown as (
    select
        *,
        coalesce(known_old_usd, 0) as old_cost_usd,
        coalesce(known_new_usd, 0) as new_cost_usd,
        cast(sum(old_quantity) over (partition by unit) as double) as old_unit_quantity,
        cast(sum(new_quantity) over (partition by unit) as double) as new_unit_quantity
    from compared
    where old_quantity > 0 or new_quantity > 0
),

-- Two costs between the old and the new one. They are rounded once, to digits of money,
-- so that steps from one to the next sum exactly whatever was rounded.
stepped as (
    select
        *,
        case
            when old_unit_quantity > 0
                then cast(
                    round(
                        cast(old_cost_usd as double)
                        * (new_unit_quantity / old_unit_quantity),
                        12
                    ) as decimal(38, 12)
                )
            else 0
        end as grown_cost_usd,
        case
            when old_quantity > 0
                then cast(
                    round(
                        cast(old_cost_usd as double)
                        * (cast(new_quantity as double) / cast(old_quantity as double)),
                        12
                    ) as decimal(38, 12)
                )
            else new_cost_usd
        end as mixed_cost_usd
    from grown
),

explained as (
    select
        case
            when old_quantity = 0 and unpriced_before = 1 then 'newly_priced'
            when old_quantity = 0 then 'new'
            when new_quantity = 0 and unpriced_now = 1 then 'no_longer_priced'
            when new_quantity = 0 then 'vanished'
            else 'continued'
        end as line_kind,
        provider_id,
        model_name,
        token_class,
        old_cost_usd,
        new_cost_usd,
        cast(grown_cost_usd - old_cost_usd as decimal(38, 12)) as volume_usd,
        cast(mixed_cost_usd - grown_cost_usd as decimal(38, 12)) as mix_usd,
        cast(new_cost_usd - mixed_cost_usd as decimal(38, 12)) as price_usd
    from stepped
),

-- Of the daily costs, so that the check is no identity.
totals as (
    select
        cast(
            sum(case when costs.event_date < months.this_month then rated_cost_usd end)
            as decimal(38, 12)
        ) as old_cost_usd,
        cast(
            sum(case when costs.event_date >= months.this_month then rated_cost_usd end)
            as decimal(38, 12)
        ) as new_cost_usd
    from costs.agg_cost_daily as costs
    inner join months on costs.event_date >= months.month_before
),

effects as (
    select
        coalesce(cast(sum(volume_usd) as decimal(38, 12)), 0) as volume_usd,
        coalesce(cast(sum(mix_usd) as decimal(38, 12)), 0) as mix_usd,
        coalesce(cast(sum(price_usd) as decimal(38, 12)), 0) as price_usd
    from explained
),

reported as (
    select * from explained
    union all
    select
        'total' as line_kind,
        null as provider_id,
        null as model_name,
        null as token_class,
        coalesce(totals.old_cost_usd, 0) as old_cost_usd,
        coalesce(totals.new_cost_usd, 0) as new_cost_usd,
        effects.volume_usd,
        effects.mix_usd,
        effects.price_usd
    from totals
    cross join effects
)

select
    line_kind,
    provider_id,
    model_name,
    token_class,
    old_cost_usd,
    new_cost_usd,
    volume_usd,
    mix_usd,
    price_usd,
    new_cost_usd - old_cost_usd as difference_usd,
    new_cost_usd - old_cost_usd - volume_usd - mix_usd - price_usd as unexplained_usd
from reported
order by
    line_kind = 'total' asc,
    abs(new_cost_usd - old_cost_usd) desc,
    provider_id asc nulls last,
    model_name asc nulls last,
    token_class asc
