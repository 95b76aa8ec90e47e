-- A platform owner asks: which applications, keys and developers cost most?
-- Expect: ten of each kind and all who tie with the tenth; what names none stands
-- apart, without a rank. Shares are of the whole rated cost; kinds are never added.
-- All days of the books: for a month, filter `spenders` by event_date.
with spenders as (
    select
        'application' as consumer_kind,
        application_id as consumer_id,
        rated_cost_usd
    from costs.agg_cost_daily
    union all
    select
        'api_key' as consumer_kind,
        api_key_id as consumer_id,
        rated_cost_usd
    from costs.agg_cost_daily
    union all
    select
        'developer' as consumer_kind,
        developer_id as consumer_id,
        rated_cost_usd
    from costs.agg_cost_daily
),

summed as (
    select
        consumer_kind,
        consumer_id,
        consumer_id is not null as is_known,
        cast(sum(rated_cost_usd) as decimal(38, 12)) as rated_cost_usd
    from spenders
    group by consumer_kind, consumer_id
),

-- The range of a window takes in all who tie.
ranked as (
    select
        consumer_kind,
        consumer_id,
        rated_cost_usd,
        case
            when is_known
                then rank() over (
                    partition by consumer_kind, is_known
                    order by rated_cost_usd desc nulls last
                )
        end as rank_no,
        cast(sum(rated_cost_usd) over (partition by consumer_kind) as double)
            as total_cost_usd,
        cast(
            sum(rated_cost_usd) over (
                partition by consumer_kind, is_known
                order by rated_cost_usd desc nulls last
            ) as double
        ) as cumulative_cost_usd
    from summed
)

select
    consumer_kind,
    rank_no,
    consumer_id,
    rated_cost_usd,
    round(cast(rated_cost_usd as double) / nullif(total_cost_usd, 0), 4)
        as cost_ratio,
    case
        when rank_no is not null
            then round(cumulative_cost_usd / nullif(total_cost_usd, 0), 4)
    end as cumulative_cost_ratio
from ranked
where rank_no <= 10 or rank_no is null
order by consumer_kind asc, rank_no asc nulls last, consumer_id asc nulls last
