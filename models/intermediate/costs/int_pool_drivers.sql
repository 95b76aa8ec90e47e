with usage_hours as (
    select * from {{ ref('agg_usage_hourly') }}
),

-- Until calls are rated, what the gateway logged stands for what they cost.
owned as (
    select
        cast(date_trunc('month', event_date) as date) as month,
        cost_center_id,
        logged_cost_usd as rated_cost_usd,
        -- A replayed answer's tokens were bought once already.
        case
            when
                token_basis <> 'replayed_from_cache'
                and coalesce(
                    input_uncached_tokens,
                    cache_read_tokens,
                    cache_write_5m_tokens,
                    cache_write_1h_tokens,
                    cache_write_other_tokens,
                    output_tokens
                ) is not null
                then
                    coalesce(input_uncached_tokens, 0)
                    + coalesce(cache_read_tokens, 0)
                    + coalesce(cache_write_5m_tokens, 0)
                    + coalesce(cache_write_1h_tokens, 0)
                    + coalesce(cache_write_other_tokens, 0)
                    + coalesce(output_tokens, 0)
        end as tokens,
        attempt_count
    from usage_hours
    where cost_center_id is not null
),

summed as (
    select
        month,
        cost_center_id,
        cast(sum(rated_cost_usd) as decimal(38, 12)) as rated_cost_usd,
        cast(sum(tokens) as bigint) as tokens,
        cast(sum(attempt_count) as bigint) as attempt_count
    from owned
    group by month, cost_center_id
)

select * from summed
