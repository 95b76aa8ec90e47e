{{
    config(
        materialized='incremental',
        incremental_strategy='microbatch',
        event_time='event_date',
        batch_size=env_var('TOLLBOOK_BATCH', 'day'),
        begin=var('history_begin'),
        lookback=0,
        partition_by='event_date',
    )
}}

with attempts as (
    -- A request belongs to the day of its first attempt; the last may be on the next.
    select * from {{ ref('fct_attempts').render() }}
    where
        {{ in_batch('event_date', days_after=1) }}
        and {{ in_batch('cast(logical_requested_at as date)') }}
),

totals as (
    select
        gateway,
        logical_request_id,
        logical_requested_at,
        max(completed_at) as completed_at,
        min_by(model_requested, attempt_no) as model_requested,
        count(distinct model_requested) - 1 as recorded_fallback_count,
        sum(logged_cost_usd) as logged_cost_usd
    from attempts
    where recorded_attempt_count > 1
    group by gateway, logical_request_id, logical_requested_at
),

requests as (
    -- What the consumer got is what the last attempt gave.
    select
        {{- own_columns('attempts', computed=[
            'requested_at', 'completed_at', 'model_requested', 'outcome',
            'retry_count', 'fallback_count', 'end_to_end_us', 'ttft_us',
            'logged_cost_usd', 'event_date',
        ]) }}
        attempts.logical_requested_at as requested_at,
        coalesce(totals.completed_at, attempts.completed_at) as completed_at,
        coalesce(totals.model_requested, attempts.model_requested) as model_requested,
        case
            when attempts.is_aborted then 'aborted'
            when attempts.error_type is not null or attempts.status_code >= 400
                then 'failed'
            when attempts.status_code < 400 then 'succeeded'
        end as outcome,
        attempts.attempted_retries as retry_count,
        coalesce(attempts.attempted_fallbacks, totals.recorded_fallback_count)
            as fallback_count,
        {{ us_between(
            'attempts.logical_requested_at',
            'coalesce(totals.completed_at, attempts.completed_at)'
        ) }} as end_to_end_us,
        {{ us_between('attempts.logical_requested_at', 'attempts.requested_at') }}
        + attempts.ttft_us as ttft_us,
        cast(
            case
                when attempts.recorded_attempt_count > 1 then totals.logged_cost_usd
                else attempts.logged_cost_usd
            end as decimal(38, 12)
        ) as logged_cost_usd,
        cast(attempts.logical_requested_at as date) as event_date
    from attempts
    left join totals
        on
            attempts.gateway = totals.gateway
            and attempts.logical_request_id = totals.logical_request_id
            and attempts.logical_requested_at = totals.logical_requested_at
    where attempts.is_terminal
)

select * from requests
