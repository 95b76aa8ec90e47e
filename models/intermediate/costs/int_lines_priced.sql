{{ config(materialized='view') }}

with usage_lines as (
    select * from {{ ref('fct_usage_lines') }}
),

prices as (
    select * from {{ ref('int_prices_banded') }}
),

-- The price of the line's tier; where none is recorded, the standard one is assumed.
-- A tier's price is its own provider's: of another's list only the standard one holds.
priced as (
    select
        usage_lines.*,
        coalesce(tiered.price_id, standard.price_id) as price_id,
        coalesce(tiered.unit_price_usd, standard.unit_price_usd)
            as list_unit_price_usd,
        coalesce(tiered.is_rounded, standard.is_rounded, false) as is_rounded,
        coalesce(tiered.processing_tier, standard.processing_tier) as price_tier,
        -- What a cached token is to be compared with; null for other classes.
        case
            when usage_lines.token_class = 'cache_read_audio_tokens'
                then 'audio_input_tokens'
            when usage_lines.token_class like 'cache_%' then 'input_uncached_tokens'
        end as uncached_class
    from usage_lines
    left join prices as tiered
        on
            usage_lines.provider_id = tiered.provider_id
            and usage_lines.price_provider_id = tiered.provider_id
            and usage_lines.price_model_id = tiered.model_id
            and usage_lines.token_class = tiered.token_class
            and usage_lines.processing_tier = tiered.processing_tier
            and usage_lines.context_tier_tokens = tiered.context_tier_tokens
            and usage_lines.day_part_start_minute = tiered.day_part_start_minute
            and usage_lines.event_date >= tiered.valid_from
            and usage_lines.event_date < tiered.valid_before
    left join prices as standard
        on
            usage_lines.price_provider_id = standard.provider_id
            and usage_lines.price_model_id = standard.model_id
            and usage_lines.token_class = standard.token_class
            and standard.processing_tier = 'standard'
            and usage_lines.context_tier_tokens = standard.context_tier_tokens
            and usage_lines.day_part_start_minute = standard.day_part_start_minute
            and usage_lines.event_date >= standard.valid_from
            and usage_lines.event_date < standard.valid_before
),

compared as (
    select
        priced.*,
        priced.price_tier <> priced.processing_tier as is_tier_assumed,
        uncached.unit_price_usd as uncached_unit_price_usd
    from priced
    left join prices as uncached
        on
            priced.price_provider_id = uncached.provider_id
            and priced.price_model_id = uncached.model_id
            and priced.uncached_class = uncached.token_class
            and priced.price_tier = uncached.processing_tier
            and priced.context_tier_tokens = uncached.context_tier_tokens
            and priced.day_part_start_minute = uncached.day_part_start_minute
            and priced.event_date >= uncached.valid_from
            and priced.event_date < uncached.valid_before
)

select * from compared
