-- Whoever keeps the price book asks: what does it change that we know prices better?
-- Expect: usage rated at the prices known at `as_known_on` and at those known now, where
-- they differ; change_usd sums to the difference of the rated totals. A cost unknown
-- then or now is null there, and its whole other side is the change. Contracts and the
-- models' names are those known now. No row: nothing changed.
with asked as (
    -- Before the latest observation, or a moment of yours: timestamp '2026-06-01 09:00:00'.
    select max(known_from) - interval '1' microsecond as as_known_on
    from costs.dim_prices
),

known as (
    select
        prices.*,
        try_cast(
            prices.price * case prices.per_quantity
                when 1 then cast(1 as decimal(10, 9))
                when 1000 then cast(0.001 as decimal(10, 9))
                when 1000000 then cast(0.000001 as decimal(10, 9))
                when 1000000000 then cast(0.000000001 as decimal(10, 9))
            end as decimal(20, 18)
        ) as unit_price_usd
    from costs.dim_prices as prices
    inner join asked
        on
            prices.known_from <= asked.as_known_on
            and prices.known_before > asked.as_known_on
    where
        prices.currency_code = 'USD'
        and prices.geography is null
        and prices.valid_from < prices.valid_before
),

reasoning_priced as (
    select distinct
        provider_id,
        model_id
    from known
    where token_class = 'reasoning_tokens'
),

-- Reasoning without a price of its own is part of the output.
listed as (
    select
        provider_id,
        model_id,
        token_class,
        processing_tier,
        context_tier_start,
        day_part_start_minute,
        valid_from,
        valid_before,
        unit_price_usd
    from known
    union all
    select
        known.provider_id,
        known.model_id,
        'reasoning_tokens' as token_class,
        known.processing_tier,
        known.context_tier_start,
        known.day_part_start_minute,
        known.valid_from,
        known.valid_before,
        known.unit_price_usd
    from known
    left join reasoning_priced
        on
            known.provider_id = reasoning_priced.provider_id
            and known.model_id = reasoning_priced.model_id
    where known.token_class = 'output_tokens' and reasoning_priced.model_id is null
),

metered as (
    select distinct
        price_provider_id,
        price_model_id,
        token_class,
        context_tier_start,
        day_part_start_minute
    from costs.fct_cost_lines
),

-- A price of then may have had fewer tiers: the closest below holds.
spread as (
    select
        metered.*,
        listed.processing_tier,
        listed.valid_from,
        listed.valid_before,
        listed.unit_price_usd,
        listed.context_tier_start as quoted_tier_start,
        listed.day_part_start_minute as quoted_part_start,
        max(listed.context_tier_start) over closest as closest_tier_start,
        max(listed.day_part_start_minute) over closest as closest_part_start
    from metered
    inner join listed
        on
            metered.price_provider_id = listed.provider_id
            and metered.price_model_id = listed.model_id
            and metered.token_class = listed.token_class
            and metered.context_tier_start >= listed.context_tier_start
            and metered.day_part_start_minute >= listed.day_part_start_minute
    window closest as (
        partition by
            metered.price_provider_id,
            metered.price_model_id,
            metered.token_class,
            metered.context_tier_start,
            metered.day_part_start_minute,
            listed.processing_tier
    )
),

quoted as (
    select * from spread
    where
        quoted_tier_start = closest_tier_start
        and quoted_part_start = closest_part_start
),

-- The tier's own price is its provider's; of another's list the standard one holds.
-- A contract's price stays; a discount is what it took off the list price of now.
recalled as (
    select
        lines.*,
        case
            when lines.price_basis = 'contract' then lines.unit_price_usd
            else try_cast(
                coalesce(tiered.unit_price_usd, standard.unit_price_usd) * case
                    when
                        lines.override_id is not null and lines.list_unit_price_usd > 0
                        then cast(
                            round(
                                cast(lines.unit_price_usd as double)
                                / cast(lines.list_unit_price_usd as double),
                                8
                            ) as decimal(9, 8)
                        )
                    else cast(1 as decimal(9, 8))
                end as decimal(20, 18)
            )
        end as unit_price_then_usd
    from costs.fct_cost_lines as lines
    left join quoted as tiered
        on
            lines.provider_id = tiered.price_provider_id
            and lines.price_provider_id = tiered.price_provider_id
            and lines.price_model_id = tiered.price_model_id
            and lines.token_class = tiered.token_class
            and lines.context_tier_start = tiered.context_tier_start
            and lines.day_part_start_minute = tiered.day_part_start_minute
            and lines.processing_tier = tiered.processing_tier
            and lines.event_date >= tiered.valid_from
            and lines.event_date < tiered.valid_before
    left join quoted as standard
        on
            lines.price_provider_id = standard.price_provider_id
            and lines.price_model_id = standard.price_model_id
            and lines.token_class = standard.token_class
            and lines.context_tier_start = standard.context_tier_start
            and lines.day_part_start_minute = standard.day_part_start_minute
            and standard.processing_tier = 'standard'
            and lines.event_date >= standard.valid_from
            and lines.event_date < standard.valid_before
    where lines.is_billable
),

rerated as (
    select
        event_date,
        provider_id,
        coalesce(price_model_id, model_name) as model_name,
        token_class,
        quantity,
        cast(
            cast(quantity as decimal(18, 0)) * unit_price_then_usd as decimal(38, 12)
        ) as cost_then_usd,
        rated_cost_usd as cost_now_usd
    from recalled
)

select
    event_date,
    provider_id,
    model_name,
    token_class,
    case
        when cost_then_usd is null then 'unknown_then'
        when cost_now_usd is null then 'unknown_now'
        else 'corrected'
    end as change_kind,
    cast(sum(quantity) as bigint) as quantity,
    cast(sum(cost_then_usd) as decimal(38, 12)) as cost_then_usd,
    cast(sum(cost_now_usd) as decimal(38, 12)) as cost_now_usd,
    cast(sum(coalesce(cost_now_usd, 0) - coalesce(cost_then_usd, 0)) as decimal(38, 12))
        as change_usd
from rerated
where cost_then_usd is distinct from cost_now_usd
group by event_date, provider_id, model_name, token_class, change_kind
order by
    event_date asc,
    provider_id asc nulls last,
    model_name asc nulls last,
    token_class asc,
    change_kind asc
