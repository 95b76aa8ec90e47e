-- SRE asks: what do retries, fallbacks, aborted streams and failures cost?
-- Expect: a failure is free unless the provider itself stated tokens for it; an aborted
-- stream is billed, mostly by the gateway's estimate of its tokens. A first try that a
-- retry followed has failed: what it cost stands there. Shares are of the whole.
with measures as (
    select
        case
            when attempt_no = 1 then 'first'
            when fallback_from_model is not null then 'fallback'
            else 'retry'
        end as attempt_kind,
        case
            when is_aborted then 'aborted'
            when error_type is not null or status_code >= 400 then 'failed'
            when status_code < 400 or token_basis <> 'missing' then 'succeeded'
        end as attempt_outcome,
        1 as attempt_count,
        cast(
            case
                when
                    status_code >= 400
                    and not coalesce(is_aborted, false)
                    and token_basis <> 'provider_reported'
                    then 0
            end as decimal(38, 12)
        ) as rated_cost_usd
    from usage.fct_attempts
    where is_counted
    union all
    select
        attempt_kind,
        attempt_outcome,
        0 as attempt_count,
        rated_cost_usd
    from costs.fct_cost_lines
),

summed as (
    select
        attempt_kind,
        attempt_outcome,
        cast(sum(attempt_count) as bigint) as attempt_count,
        sum(rated_cost_usd) as rated_cost_usd
    from measures
    group by attempt_kind, attempt_outcome
)

select
    attempt_kind,
    attempt_outcome,
    attempt_count,
    rated_cost_usd,
    round(
        cast(rated_cost_usd as double)
        / nullif(cast(sum(rated_cost_usd) over () as double), 0),
        6
    ) as cost_ratio
from summed
order by attempt_kind asc, attempt_outcome asc nulls last
