{{ config(materialized='table') }}

with prices as (
    select * from {{ ref('dim_prices') }}
),

-- Of every price ever known, so that a correction needs no request again.
context_tiers as (
    select
        provider_id,
        model_id,
        context_tier_tokens,
        coalesce(
            lead(context_tier_tokens) over (
                partition by provider_id, model_id order by context_tier_tokens
            ),
            9223372036854775807
        ) as context_tier_end
    from prices
    group by provider_id, model_id, context_tier_tokens
),

day_parts as (
    select
        provider_id,
        model_id,
        day_part_start_minute,
        coalesce(
            lead(day_part_start_minute) over (
                partition by provider_id, model_id order by day_part_start_minute
            ),
            1440
        ) as day_part_before_minute
    from prices
    group by provider_id, model_id, day_part_start_minute
),

-- What only few models have a price for is else part of something that has one.
classes as (
    select
        provider_id,
        model_id,
        max(case when token_class = 'reasoning_tokens' then 1 else 0 end) = 1
            as is_reasoning_priced,
        max(case when token_class = 'requests' then 1 else 0 end) = 1
            as is_request_priced
    from prices
    group by provider_id, model_id
),

banded as (
    select
        context_tiers.provider_id,
        context_tiers.model_id,
        context_tiers.context_tier_tokens,
        context_tiers.context_tier_end,
        day_parts.day_part_start_minute,
        day_parts.day_part_before_minute,
        classes.is_reasoning_priced,
        classes.is_request_priced
    from context_tiers
    inner join day_parts
        on
            context_tiers.provider_id = day_parts.provider_id
            and context_tiers.model_id = day_parts.model_id
    inner join classes
        on
            context_tiers.provider_id = classes.provider_id
            and context_tiers.model_id = classes.model_id
)

select * from banded
