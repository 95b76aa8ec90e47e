with price_book as (
    select * from {{ ref('stg_prices__price_book') }}
),

-- A series is what one price is of, whenever it holds.
named as (
    select
        *,
        cast(valid_from as date) as valid_from_date,
        md5(concat_ws(
            '|1',
            replace(provider_id, '|', '||'),
            replace(model_id, '|', '||'),
            token_class,
            replace(processing_tier, '|', '||'),
            cast(context_tier_tokens as string),
            cast(day_part_start_minute as string),
            coalesce(replace(geography, '|', '||'), ''),
            -- A price in another currency ends none in this one.
            replace(currency_code, '|', '||')
        )) as series_id
    from price_book
),

-- What was landed twice is one observation; decided by content.
ranked as (
    select
        *,
        row_number() over (
            partition by series_id, valid_from_date, observed_at
            order by
                valid_from desc nulls last,
                source desc nulls last,
                source_version desc nulls last,
                row_hash asc nulls last,
                load_id asc nulls last,
                record_no asc nulls last
        ) as preference_no
    from named
),

observed as (
    select * from ranked
    where preference_no = 1
)

select * from observed
