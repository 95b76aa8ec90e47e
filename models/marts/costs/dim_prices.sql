with observed as (
    select * from {{ ref('int_prices_observed') }}
),

-- What is known of a series changes with each observation of it.
moments as (
    select
        series_id,
        observed_at as known_from,
        coalesce(
            lead(observed_at) over (
                partition by series_id order by observed_at nulls last
            ),
            cast('9999-12-31 00:00:00' as timestamp)
        ) as known_before
    from observed
    group by series_id, observed_at
),

-- Of each start, what was observed last by then.
recalled as (
    select
        observed.*,
        moments.known_from,
        moments.known_before,
        row_number() over (
            partition by
                observed.series_id, observed.valid_from_date, moments.known_from
            order by observed.observed_at desc nulls last
        ) as recency_no
    from observed
    inner join moments
        on
            observed.series_id = moments.series_id
            and observed.observed_at <= moments.known_from
),

closed as (
    select
        *,
        coalesce(
            lead(valid_from_date) over (
                partition by series_id, known_from order by valid_from_date nulls last
            ),
            cast('9999-12-31' as date)
        ) as valid_before
    from recalled
    where recency_no = 1 and not coalesce(is_withdrawn, false)
),

priced as (
    select
        md5(concat_ws(
            '|',
            series_id,
            cast(valid_from_date as string),
            cast(known_from as string)
        )) as price_id,
        -- A price is known as such since it was observed: that row is there.
        md5(concat_ws(
            '|',
            series_id,
            cast(valid_from_date as string),
            cast(observed_at as string)
        )) as first_price_id,
        provider_id,
        model_id,
        token_class,
        processing_tier,
        context_tier_tokens,
        day_part_start_minute,
        geography,
        valid_from_date as valid_from,
        valid_before,
        known_from,
        known_before,
        price,
        per_quantity,
        currency_code,
        price_key,
        source,
        source_version,
        observed_at
    from closed
    where price is not null
)

select * from priced
