-- Two prices of one thing on one day, as known at one time, would bill a token twice.
with prices as (
    select
        *,
        lead(valid_from) over (
            partition by
                provider_id, model_id, token_class, processing_tier,
                context_tier_tokens, day_part_start_minute, geography, currency_code,
                known_from
            order by valid_from nulls last
        ) as next_valid_from
    from {{ ref('dim_prices') }}
),

spans as (
    select
        price_id,
        known_before,
        lead(known_from) over (
            partition by
                provider_id, model_id, token_class, processing_tier,
                context_tier_tokens, day_part_start_minute, geography, currency_code,
                valid_from
            order by known_from nulls last
        ) as next_known_from
    from prices
)

select prices.price_id
from prices
inner join spans on prices.price_id = spans.price_id
where
    prices.valid_before > prices.next_valid_from
    or prices.valid_from >= prices.valid_before
    or spans.known_before > spans.next_known_from
