-- Whoever keeps the price book asks: what changes by what we now know of prices?
-- Expect: usage at the prices known at `as_known_on` beside its rated cost, where they
-- differ; change_usd sums to the difference of the totals, and no row says that nothing
-- changed. A cost unknown then or now is null, and its other side is all change.
-- Contracts and names of models are those known now. A home that was begun today knew
-- no price before: there every row says `unknown_then`.
with asked as (
    -- Your moment, UTC, in place of the null; else just before the latest observation.
    select
        coalesce(
            cast(null as timestamp), max(known_from) - interval '1' microsecond
        ) as as_known_on
    from costs.dim_prices
),

known as (
    select prices.*
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

metered as (
    select distinct
        event_date,
        provider_id,
        price_provider_id,
        price_model_id,
        token_class,
        processing_tier,
        context_tier_tokens,
        day_part_start_minute
    from costs.fct_cost_lines
),

-- The closest tier below holds, where there were fewer then. Another provider's list
-- holds at its standard tier; reasoning without a price of its own is output.
candidates as (
    select
        metered.*,
        known.price,
        known.per_quantity,
        known.processing_tier as quoted_tier,
        known.token_class = metered.token_class as is_own_class,
        bool_or(known.token_class = metered.token_class) over class as has_own_class,
        known.context_tier_tokens
        = max(known.context_tier_tokens) over series as is_closest_tier,
        known.day_part_start_minute
        = max(known.day_part_start_minute) over series as is_closest_part
    from metered
    inner join known
        on
            metered.price_provider_id = known.provider_id
            and metered.price_model_id = known.model_id
            and metered.context_tier_tokens >= known.context_tier_tokens
            and metered.day_part_start_minute >= known.day_part_start_minute
            and metered.event_date >= known.valid_from
            and metered.event_date < known.valid_before
            and (
                metered.token_class = known.token_class
                or metered.token_class = 'reasoning_tokens'
                and known.token_class = 'output_tokens'
            )
            and (
                known.processing_tier = 'standard'
                or metered.processing_tier = known.processing_tier
                and metered.provider_id = known.provider_id
            )
    window
        class as (
            partition by
                metered.event_date,
                metered.price_provider_id,
                metered.price_model_id,
                metered.token_class
        ),
        series as (
            partition by
                metered.event_date,
                metered.provider_id,
                metered.price_provider_id,
                metered.price_model_id,
                metered.token_class,
                metered.processing_tier,
                metered.context_tier_tokens,
                metered.day_part_start_minute,
                known.token_class,
                known.processing_tier
        )
),

closest as (
    select
        *,
        try_cast(
            price * case per_quantity
                when 1 then cast(1 as decimal(10, 9))
                when 1000 then cast(0.001 as decimal(10, 9))
                when 1000000 then cast(0.000001 as decimal(10, 9))
                when 1000000000 then cast(0.000000001 as decimal(10, 9))
            end as decimal(20, 18)
        ) as unit_price_usd
    from candidates
    where
        is_closest_tier
        and is_closest_part
        and is_own_class = has_own_class
),

quoted as (
    select
        event_date,
        provider_id,
        price_provider_id,
        price_model_id,
        token_class,
        processing_tier,
        context_tier_tokens,
        day_part_start_minute,
        coalesce(
            max(unit_price_usd) filter (where quoted_tier = processing_tier),
            max(unit_price_usd)
        ) as list_price_then_usd
    from closest
    group by
        event_date,
        provider_id,
        price_provider_id,
        price_model_id,
        token_class,
        processing_tier,
        context_tier_tokens,
        day_part_start_minute
),

-- A contract's price stays; a discount takes off what it takes off the list price now.
repriced as (
    select
        cost_lines.*,
        case
            when
                cost_lines.price_basis = 'contract'
                or quoted.list_price_then_usd = cost_lines.list_unit_price_usd
                then cost_lines.unit_price_usd
            when
                cost_lines.override_id is null
                or coalesce(cost_lines.list_unit_price_usd, 0) = 0
                then quoted.list_price_then_usd
            else try_cast(
                quoted.list_price_then_usd * cast(
                    round(
                        cast(cost_lines.unit_price_usd as double)
                        / cast(cost_lines.list_unit_price_usd as double),
                        8
                    ) as decimal(9, 8)
                ) as decimal(20, 18)
            )
        end as unit_price_then_usd
    from costs.fct_cost_lines as cost_lines
    left join quoted
        on
            cost_lines.event_date = quoted.event_date
            and cost_lines.provider_id = quoted.provider_id
            and cost_lines.price_provider_id = quoted.price_provider_id
            and cost_lines.price_model_id = quoted.price_model_id
            and cost_lines.token_class = quoted.token_class
            and cost_lines.processing_tier = quoted.processing_tier
            and cost_lines.context_tier_tokens = quoted.context_tier_tokens
            and cost_lines.day_part_start_minute = quoted.day_part_start_minute
    where cost_lines.is_billable
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
    from repriced
    where unit_price_then_usd is distinct from unit_price_usd
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
    sum(cost_then_usd) as cost_then_usd,
    sum(cost_now_usd) as cost_now_usd,
    sum(coalesce(cost_now_usd, 0) - coalesce(cost_then_usd, 0)) as change_usd
from rerated
where cost_then_usd is distinct from cost_now_usd
group by event_date, provider_id, model_name, token_class, change_kind
order by
    event_date asc,
    provider_id asc nulls last,
    model_name asc nulls last,
    token_class asc,
    change_kind asc
