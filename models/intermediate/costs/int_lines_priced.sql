{{ config(materialized='view') }}

with usage_lines as (
    select * from {{ ref('fct_usage_lines') }}
),

prices as (
    select * from {{ ref('int_prices_banded') }}
),

classed as (
    select
        *,
        -- What a class without a price of its own is part of; null for most.
        case when token_class = 'reasoning_tokens' then 'output_tokens' end
            as whole_class,
        -- What a cached token is to be compared with; null for other classes.
        case
            when token_class = 'cache_read_audio_tokens' then 'audio_input_tokens'
            when token_class like 'cache_%' then 'input_uncached_tokens'
        end as uncached_class,
        -- A tier's price is its own provider's; of another's list the standard one
        -- holds.
        case
            when price_provider_id = provider_id then processing_tier
            else 'standard'
        end as list_tier,
        'standard' as standard_tier
    from usage_lines
),

-- The price of the line's tier; where none is recorded, the standard one is assumed.
priced as (
    select
        classed.*,
        coalesce(
            tiered.price_id,
            whole_tiered.price_id,
            standard.price_id,
            whole_standard.price_id
        ) as price_id,
        coalesce(
            tiered.is_rounded,
            whole_tiered.is_rounded,
            standard.is_rounded,
            whole_standard.is_rounded,
            false
        ) as is_rounded,
        coalesce(
            tiered.unit_price_usd,
            whole_tiered.unit_price_usd,
            standard.unit_price_usd,
            whole_standard.unit_price_usd
        ) as list_unit_price_usd,
        coalesce(
            tiered.processing_tier,
            whole_tiered.processing_tier,
            standard.processing_tier,
            whole_standard.processing_tier
        ) as price_tier
    from classed
    {% for alias, tier, token_class in [
        ('tiered', 'list_tier', 'token_class'),
        ('whole_tiered', 'list_tier', 'whole_class'),
        ('standard', 'standard_tier', 'token_class'),
        ('whole_standard', 'standard_tier', 'whole_class'),
    ] %}
        left join prices as {{ alias }}
            on
                classed.price_provider_id = {{ alias }}.provider_id
                and classed.price_model_id = {{ alias }}.model_id
                and classed.{{ token_class }} = {{ alias }}.token_class
                and classed.{{ tier }} = {{ alias }}.processing_tier
                and classed.context_tier_tokens = {{ alias }}.context_tier_tokens
                and classed.day_part_start_minute = {{ alias }}.day_part_start_minute
                and classed.event_date >= {{ alias }}.valid_from
                and classed.event_date < {{ alias }}.valid_before
    {% endfor %}
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
