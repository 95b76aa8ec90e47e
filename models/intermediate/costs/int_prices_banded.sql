{{ config(materialized='table') }}

with known as (
    select * from {{ ref('dim_prices') }}
    where
        currency_code = 'USD'
        -- What no record of a request tells.
        and geography is null
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

-- A price of a time with fewer tiers holds for those that came later, too.
spread as (
    select
        known.*,
        bands.context_tier_tokens as band_context_tier_tokens,
        bands.day_part_start_minute as band_day_part_start_minute
    from known
    inner join bands
        on
            known.provider_id = bands.provider_id
            and known.model_id = bands.model_id
            and known.context_tier_tokens <= bands.context_tier_tokens
            and known.day_part_start_minute <= bands.day_part_start_minute
),

starts as (
    select
        provider_id,
        model_id,
        token_class,
        processing_tier,
        band_context_tier_tokens,
        band_day_part_start_minute,
        valid_from as piece_from
    from spread
    union
    select
        provider_id,
        model_id,
        token_class,
        processing_tier,
        band_context_tier_tokens,
        band_day_part_start_minute,
        valid_before as piece_from
    from spread
),

pieces as (
    select
        *,
        lead(piece_from) over (
            partition by
                provider_id,
                model_id,
                token_class,
                processing_tier,
                band_context_tier_tokens,
                band_day_part_start_minute
            order by piece_from
        ) as piece_before
    from starts
),

-- On each day, the closest below: by length first, then by part of the day.
held as (
    select
        spread.*,
        pieces.piece_from,
        pieces.piece_before,
        row_number() over (
            partition by
                pieces.provider_id,
                pieces.model_id,
                pieces.token_class,
                pieces.processing_tier,
                pieces.band_context_tier_tokens,
                pieces.band_day_part_start_minute,
                pieces.piece_from
            order by
                spread.context_tier_tokens desc,
                spread.day_part_start_minute desc,
                spread.first_price_id asc
        ) as closeness_no
    from pieces
    inner join spread
        on
            pieces.provider_id = spread.provider_id
            and pieces.model_id = spread.model_id
            and pieces.token_class = spread.token_class
            and pieces.processing_tier = spread.processing_tier
            and pieces.band_context_tier_tokens = spread.band_context_tier_tokens
            and pieces.band_day_part_start_minute = spread.band_day_part_start_minute
            and pieces.piece_from >= spread.valid_from
            and pieces.piece_from < spread.valid_before
),

-- A decimal must not be divided: it would be a double.
priced as (
    select
        provider_id,
        model_id,
        token_class,
        processing_tier,
        band_context_tier_tokens as context_tier_tokens,
        band_day_part_start_minute as day_part_start_minute,
        piece_from as valid_from,
        piece_before as valid_before,
        first_price_id as price_id,
        price,
        per_quantity,
        -- A price beyond all sense rates nothing, and stops no night.
        try_cast(
            try_cast(price as decimal(28, 18)) * case per_quantity
                when 1 then cast(1 as decimal(10, 9))
                when 1000 then cast(0.001 as decimal(10, 9))
                when 1000000 then cast(0.000001 as decimal(10, 9))
                when 1000000000 then cast(0.000000001 as decimal(10, 9))
            end as decimal(20, 18)
        ) as unit_price_usd
    from held
    where closeness_no = 1
),

checked as (
    select
        *,
        cast(unit_price_usd as decimal(28, 18)) * cast(per_quantity as decimal(10, 0))
        <> price as is_rounded
    from priced
)

select * from checked
