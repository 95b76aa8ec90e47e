-- A product owner asks: what does a request cost, by endpoint, by model, by team?
-- Expect: rated cost over three counts, each way of slicing whole. An attempt is each
-- try; a logical request is what a consumer asked once, counted where its last try
-- went; a succeeded one ends in an answer, and bears what retries and failures cost.
-- Tokens are those with a price, their cost without images and searches. What is
-- unpriced or unmeasured is in no cost. A slice of null has no name. All days of the
-- books: for a month, filter each of the three by event_date.
with measures as (
    select
        endpoint,
        model_name,
        team_id,
        attempt_count,
        unmeasured_attempt_count,
        unpriced_quantity,
        rated_cost_usd,
        cast(0 as bigint) as request_count,
        cast(0 as bigint) as succeeded_count,
        cast(null as decimal(38, 12)) as token_cost_usd,
        cast(0 as bigint) as priced_tokens
    from costs.agg_cost_daily
    union all
    select
        endpoint,
        coalesce(model_served, model_requested) as model_name,
        team_id,
        0 as attempt_count,
        0 as unmeasured_attempt_count,
        0 as unpriced_quantity,
        null as rated_cost_usd,
        logical_request_count as request_count,
        succeeded_count,
        null as token_cost_usd,
        0 as priced_tokens
    from usage.agg_usage_hourly
    union all
    select
        endpoint,
        model_name,
        team_id,
        0 as attempt_count,
        0 as unmeasured_attempt_count,
        0 as unpriced_quantity,
        null as rated_cost_usd,
        0 as request_count,
        0 as succeeded_count,
        rated_cost_usd as token_cost_usd,
        quantity as priced_tokens
    from costs.fct_cost_lines
    where is_billable and rated_cost_usd is not null and token_class like '%tokens'
),

sliced as (
    select
        measures.*,
        ways.sliced_by,
        case ways.sliced_by
            when 'endpoint' then measures.endpoint
            when 'model' then measures.model_name
            else measures.team_id
        end as slice
    from measures
    cross join (values ('endpoint'), ('model'), ('team')) as ways (sliced_by)
),

summed as (
    select
        sliced_by,
        slice,
        cast(sum(attempt_count) as bigint) as attempt_count,
        cast(sum(request_count) as bigint) as request_count,
        cast(sum(succeeded_count) as bigint) as succeeded_count,
        cast(sum(unmeasured_attempt_count) as bigint) as unmeasured_attempt_count,
        cast(sum(unpriced_quantity) as bigint) as unpriced_quantity,
        cast(sum(rated_cost_usd) as decimal(38, 12)) as rated_cost_usd,
        cast(sum(rated_cost_usd) as double) as cost_usd,
        cast(sum(token_cost_usd) as double) as token_cost_usd,
        cast(sum(priced_tokens) as double) as priced_tokens
    from sliced
    group by sliced_by, slice
)

select
    sliced_by,
    slice,
    attempt_count,
    request_count,
    succeeded_count,
    rated_cost_usd,
    round(cost_usd / nullif(cast(attempt_count as double), 0), 9)
        as cost_per_attempt_usd,
    round(cost_usd / nullif(cast(request_count as double), 0), 9)
        as cost_per_request_usd,
    round(cost_usd / nullif(cast(succeeded_count as double), 0), 9)
        as cost_per_succeeded_request_usd,
    round(1000 * token_cost_usd / nullif(priced_tokens, 0), 9)
        as cost_per_1k_tokens_usd,
    unmeasured_attempt_count,
    unpriced_quantity
from summed
order by sliced_by asc, rated_cost_usd desc nulls last, slice asc nulls last
