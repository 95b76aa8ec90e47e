{{ config(materialized='table') }}

with overrides as (
    select * from {{ ref('stg_seeds__price_overrides') }}
    where
        coalesce(currency_code, 'USD') = 'USD'
        and coalesce(known_from, cast('1970-01-01 00:00:00' as timestamp))
        <= cast(
            '{{ var("prices_known_on") or "9999-12-31 00:00:00" }}' as timestamp
        )
),

known as (
    select
        md5(concat_ws(
            '|1',
            replace(provider_id, '|', '||'),
            coalesce(replace(model_id, '|', '||'), '|0'),
            coalesce(token_class, '|0'),
            coalesce(replace(processing_tier, '|', '||'), '|0'),
            coalesce(replace(gateway, '|', '||'), '|0'),
            cast(valid_from as string),
            coalesce(cast(known_from as string), '|0')
        )) as override_id,
        provider_id,
        model_id,
        token_class,
        processing_tier,
        gateway,
        contract_id,
        known_from,
        valid_from,
        coalesce(valid_before, cast('9999-12-31' as date)) as valid_before,
        case when model_id is null then 0 else 8 end
        + case when token_class is null then 0 else 4 end
        + case when processing_tier is null then 0 else 2 end
        + case when gateway is null then 0 else 1 end as specificity,
        -- A price beyond all sense rates nothing, and stops no night.
        try_cast(
            try_cast(price as decimal(28, 18)) * case per_quantity
                when 1 then cast(1 as decimal(10, 9))
                when 1000 then cast(0.001 as decimal(10, 9))
                when 1000000 then cast(0.000001 as decimal(10, 9))
                when 1000000000 then cast(0.000000001 as decimal(10, 9))
            end as decimal(20, 18)
        ) as unit_price_usd,
        discount_factor
    from overrides
)

select * from known
