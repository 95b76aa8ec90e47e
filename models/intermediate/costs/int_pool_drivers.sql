with costs as (
    select * from {{ ref('agg_cost_daily') }}
),

summed as (
    select
        cast(date_trunc('month', event_date) as date) as month,
        cost_center_id,
        cast(sum(rated_cost_usd) as decimal(38, 12)) as rated_cost_usd,
        -- Either may be unknown without the other.
        cast(sum(
            case
                when coalesce(input_tokens, output_tokens) is not null
                    then coalesce(input_tokens, 0) + coalesce(output_tokens, 0)
            end
        ) as bigint) as tokens,
        cast(sum(attempt_count) as bigint) as attempt_count
    from costs
    group by cast(date_trunc('month', event_date) as date), cost_center_id
)

select * from summed
