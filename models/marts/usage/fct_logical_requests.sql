with attempts as (
    -- A request belongs to the day of its first attempt; the last may be on the next.
    select * from {{ ref('fct_attempts').render() }}
    where
        is_counted
        and {{ in_batch('event_date', days_after=1) }}
        and {{ in_batch('cast(logical_requested_at as date)') }}
),

-- Read again, or every attempt would be held to sum the few that were tried again.
totals as (
    select
        gateway,
        logical_request_id,
        logical_requested_at,
        max(completed_at) as completed_at,
        max(case when attempt_no = 1 then model_requested end) as model_requested,
        nullif(count(distinct model_requested), 0) - 1 as fallback_count,
        sum(logged_cost_usd) as logged_cost_usd
    from {{ ref('fct_attempts').render() }}
    where
        is_counted
        and recorded_attempt_count > 1
        and {{ in_batch('event_date', days_after=1) }}
        and {{ in_batch('cast(logical_requested_at as date)') }}
    group by gateway, logical_request_id, logical_requested_at
),

requests as (
    -- What the consumer got is what the last attempt gave.
    select
        attempts.gateway,
        attempts.logical_request_id,
        attempts.idempotency_key,
        attempts.trace_id,
        attempts.api_key_id,
        attempts.developer_id,
        attempts.application_id,
        attempts.project_id,
        attempts.team_id,
        attempts.organization_id,
        attempts.cost_center_id,
        attempts.plan_id,
        attempts.client_id,
        attempts.end_user_id,
        attempts.service,
        attempts.endpoint,
        attempts.method,
        attempts.api_version,
        attempts.operation,
        attempts.environment,
        attempts.job_type,
        attempts.prompt_template_id,
        attempts.provider,
        attempts.model_served,
        attempts.deployment_id,
        attempts.service_tier,
        attempts.region,
        attempts.country,
        attempts.network_type,
        attempts.sdk_name,
        attempts.sdk_version,
        attempts.status_code,
        attempts.error_type,
        attempts.error_code,
        attempts.finish_reason,
        attempts.token_basis,
        attempts.experiment,
        attempts.variant,
        attempts.recorded_attempt_count,
        attempts.attempts_total,
        attempts.is_batch,
        attempts.is_streamed,
        attempts.is_aborted,
        attempts.is_gateway_cache_hit,
        attempts.logical_requested_at as requested_at,
        coalesce(totals.completed_at, attempts.completed_at) as completed_at,
        coalesce(totals.model_requested, attempts.model_requested) as model_requested,
        {{ attempt_outcome('attempts') }} as outcome,
        attempts.attempted_retries as retry_count,
        coalesce(attempts.attempted_fallbacks, totals.fallback_count) as fallback_count,
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
