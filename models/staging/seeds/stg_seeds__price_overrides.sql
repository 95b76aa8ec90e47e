with price_overrides as (
    select * from {{ source('seeds', 'price_overrides') }}
),

closed as (
    select
        provider_id,
        model_id,
        token_class,
        processing_tier,
        gateway,
        price,
        per_quantity,
        discount_factor,
        currency_code,
        valid_from,
        coalesce(valid_before, cast('9999-12-31' as date)) as valid_before,
        known_from,
        contract_id,
        source
    from price_overrides
)

select * from closed
