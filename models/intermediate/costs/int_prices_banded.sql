{{ config(materialized='table') }}

with known as (
    select * from {{ ref('dim_prices') }}
    where
        currency_code = 'USD'
        -- What no record of a request tells.
        and geography is null
        and valid_from < valid_before
        {% if var('prices_known_on') is none -%}
            and known_before = cast('9999-12-31 00:00:00' as timestamp)
        {%- else -%}
            and known_from <= cast('{{ var("prices_known_on") }}' as timestamp)
            and known_before > cast('{{ var("prices_known_on") }}' as timestamp)
        {%- endif %}
),

bands as (
    select * from {{ ref('int_price_bands') }}
),

-- A price of another time may have had fewer tiers: the closest below holds.
spread as (
    select
        known.*,
        bands.context_tier_start as band_context_tier_start,
        bands.day_part_start_minute as band_day_part_start_minute,
        max(known.context_tier_start) over (
            partition by
                known.provider_id,
                known.model_id,
                known.token_class,
                known.processing_tier,
                bands.context_tier_start,
                bands.day_part_start_minute
        ) as closest_context_tier_start,
        max(known.day_part_start_minute) over (
            partition by
                known.provider_id,
                known.model_id,
                known.token_class,
                known.processing_tier,
                bands.context_tier_start,
                bands.day_part_start_minute
        ) as closest_day_part_start_minute
    from known
    inner join bands
        on
            known.provider_id = bands.provider_id
            and known.model_id = bands.model_id
            and known.context_tier_start <= bands.context_tier_start
            and known.day_part_start_minute <= bands.day_part_start_minute
),

-- A decimal must not be divided: it would be a double.
priced as (
    select
        provider_id,
        model_id,
        token_class,
        processing_tier,
        band_context_tier_start as context_tier_start,
        band_day_part_start_minute as day_part_start_minute,
        valid_from,
        valid_before,
        price_id,
        price,
        per_quantity,
        -- A price beyond all sense rates nothing, and stops no night.
        try_cast(
            price * case per_quantity
                when 1 then cast(1 as decimal(10, 9))
                when 1000 then cast(0.001 as decimal(10, 9))
                when 1000000 then cast(0.000001 as decimal(10, 9))
                when 1000000000 then cast(0.000000001 as decimal(10, 9))
            end as decimal(20, 18)
        ) as unit_price_usd
    from spread
    where
        context_tier_start = closest_context_tier_start
        and day_part_start_minute = closest_day_part_start_minute
),

checked as (
    select
        *,
        cast(unit_price_usd as decimal(28, 18)) * cast(per_quantity as decimal(10, 0))
        <> price as is_rounded
    from priced
)

select * from checked
