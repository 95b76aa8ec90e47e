-- The tables of models/ that hold requests, as one script for this lake alone: no days,
-- no ledger, no contracts, no tests. What a full build is measured against.
-- Variable `lake`: its folder.
create schema usage;
create schema performance;

create temp table keys as
select
    api_key_id,
    project_id,
    valid_from,
    lead(valid_from, 1, timestamp '9999-12-31') over (
        partition by api_key_id order by valid_from
    ) as valid_before
from read_parquet(getvariable('lake') || '/directory_api_keys/*.parquet')
where not is_deleted;

create temp view requests as
select * from read_parquet(getvariable('lake') || '/gateway_requests/*/bench-*.parquet');

create temp table superseded as
with repeated as (
    select gateway, request_id from requests group by all having count(*) > 1
),

ranked as (
    select
        load_id,
        record_no,
        gateway,
        request_id,
        requested_at,
        row_number() over (
            partition by gateway, request_id order by requested_at, load_id, record_no
        ) as preference_no
    from requests semi join repeated using (gateway, request_id)
)

select load_id, record_no
from (
    select
        *,
        min(preference_no) over (
            partition by gateway, request_id order by requested_at
            range between interval 24 hour preceding and interval 24 hour following
        ) as best_preference_no
    from ranked
)
where preference_no > best_preference_no;

create table usage.fct_attempts as
with attempts as (
    select requests.*
    from requests anti join superseded using (load_id, record_no)
),

shared as (
    select gateway, logical_request_id from attempts
    group by all having count(*) > 1
),

chained as (
    select
        load_id,
        record_no,
        sum(case when requested_at <= previous_at + interval 1 hour then 0 else 1 end)
            over (
                partition by gateway, logical_request_id order by requested_at, request_id
            ) as chain_no,
        gateway,
        logical_request_id,
        requested_at,
        request_id
    from (
        select *, lag(requested_at) over (
            partition by gateway, logical_request_id order by requested_at, request_id
        ) as previous_at
        from attempts semi join shared using (gateway, logical_request_id)
    )
),

numbered as (
    select
        load_id,
        record_no,
        min(requested_at) over chain as logical_requested_at,
        row_number() over (chain order by requested_at, request_id) as attempt_no,
        count(*) over chain as recorded_attempt_count
    from chained
    window chain as (partition by gateway, logical_request_id, chain_no)
)

select
    attempts.* exclude (
        load_id, record_no, project_id, team_id, organization_id, plan_id
    ),
    coalesce(attempts.project_id, keys.project_id) as project_id,
    coalesce(attempts.team_id, projects.team_id) as team_id,
    coalesce(attempts.organization_id, teams.organization_id) as organization_id,
    teams.cost_center_id,
    coalesce(attempts.plan_id, organizations.plan_id) as plan_id,
    false as is_owner_disputed,
    coalesce(numbered.logical_requested_at, attempts.requested_at)
        as logical_requested_at,
    coalesce(numbered.attempt_no, 1) as attempt_no,
    coalesce(numbered.recorded_attempt_count, 1) as recorded_attempt_count,
    case when numbered.load_id is null then attempted_retries + 1 end as attempts_total,
    coalesce(numbered.attempt_no = numbered.recorded_attempt_count, true) as is_terminal
from attempts
left join numbered using (load_id, record_no)
left join keys
    on attempts.api_key_id = keys.api_key_id
    and attempts.requested_at >= keys.valid_from
    and attempts.requested_at < keys.valid_before
left join read_parquet(getvariable('lake') || '/directory_projects/*.parquet') as projects
    on keys.project_id = projects.project_id
left join read_parquet(getvariable('lake') || '/directory_teams/*.parquet') as teams
    on projects.team_id = teams.team_id
left join read_parquet(getvariable('lake') || '/directory_organizations/*.parquet') as organizations
    on teams.organization_id = organizations.organization_id;

create table usage.fct_logical_requests as
with totals as (
    select
        gateway,
        logical_request_id,
        logical_requested_at,
        max(completed_at) as completed_at,
        max(case when attempt_no = 1 then model_requested end) as model_requested,
        nullif(count(distinct model_requested), 0) - 1 as fallback_count,
        sum(logged_cost_usd) as logged_cost_usd
    from usage.fct_attempts as attempts
    where recorded_attempt_count > 1
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
        case
            when attempts.is_aborted then 'aborted'
            when attempts.error_type is not null or attempts.status_code >= 400
                then 'failed'
            when attempts.status_code < 400 then 'succeeded'
        end as outcome,
        attempts.attempted_retries as retry_count,
        coalesce(attempts.attempted_fallbacks, totals.fallback_count) as fallback_count,
        date_diff(
            'microsecond',
            attempts.logical_requested_at,
            coalesce(totals.completed_at, attempts.completed_at)
        ) as end_to_end_us,
        date_diff('microsecond', attempts.logical_requested_at, attempts.requested_at)
        + attempts.ttft_us as ttft_us,
        cast(
            case
                when attempts.recorded_attempt_count > 1 then totals.logged_cost_usd
                else attempts.logged_cost_usd
            end as decimal(38, 12)
        ) as logged_cost_usd,
        cast(attempts.logical_requested_at as date) as event_date
    from usage.fct_attempts as attempts
    left join totals
        on
            attempts.gateway = totals.gateway
            and attempts.logical_request_id = totals.logical_request_id
            and attempts.logical_requested_at = totals.logical_requested_at
    where attempts.is_terminal
)

select * from requests;

create table usage.agg_usage_hourly as
with counted as (
    select
        date_trunc('hour', requested_at) as hour_started_at,
        api_key_id,
        developer_id,
        application_id,
        project_id,
        team_id,
        organization_id,
        cost_center_id,
        plan_id,
        endpoint,
        method,
        api_version,
        environment,
        job_type,
        provider,
        model_requested,
        model_served,
        service_tier,
        region,
        sdk_name,
        substr(cast(status_code as string), 1, 1) || 'xx' as status_class,
        error_type,
        is_streamed,
        is_aborted,
        is_gateway_cache_hit,
        token_basis,
        1 as attempt_count,
        case when is_owner_disputed then 1 else 0 end as owner_disputed_count,
        0 as logical_request_count,
        0 as succeeded_count,
        input_uncached_tokens,
        cache_read_tokens,
        cache_write_5m_tokens,
        cache_write_1h_tokens,
        cache_write_other_tokens,
        output_tokens,
        reasoning_tokens,
        audio_input_tokens,
        cache_read_audio_tokens,
        audio_output_tokens,
        image_input_tokens,
        image_units,
        web_search_calls,
        request_bytes,
        response_bytes,
        input_items,
        logged_cost_usd,
        event_date
    from usage.fct_attempts
    union all
    select
        date_trunc('hour', requested_at) as hour_started_at,
        api_key_id,
        developer_id,
        application_id,
        project_id,
        team_id,
        organization_id,
        cost_center_id,
        plan_id,
        endpoint,
        method,
        api_version,
        environment,
        job_type,
        provider,
        model_requested,
        model_served,
        service_tier,
        region,
        sdk_name,
        substr(cast(status_code as string), 1, 1) || 'xx' as status_class,
        error_type,
        is_streamed,
        is_aborted,
        is_gateway_cache_hit,
        token_basis,
        0 as attempt_count,
        0 as owner_disputed_count,
        1 as logical_request_count,
        case when outcome = 'succeeded' then 1 else 0 end as succeeded_count,
        cast(null as bigint) as input_uncached_tokens,
        null as cache_read_tokens,
        null as cache_write_5m_tokens,
        null as cache_write_1h_tokens,
        null as cache_write_other_tokens,
        null as output_tokens,
        null as reasoning_tokens,
        null as audio_input_tokens,
        null as cache_read_audio_tokens,
        null as audio_output_tokens,
        null as image_input_tokens,
        null as image_units,
        null as web_search_calls,
        null as request_bytes,
        null as response_bytes,
        null as input_items,
        null as logged_cost_usd,
        event_date
    from usage.fct_logical_requests
),

summed as (
    select
        hour_started_at,
        api_key_id,
        developer_id,
        application_id,
        project_id,
        team_id,
        organization_id,
        cost_center_id,
        plan_id,
        endpoint,
        method,
        api_version,
        environment,
        job_type,
        provider,
        model_requested,
        model_served,
        service_tier,
        region,
        sdk_name,
        status_class,
        error_type,
        is_streamed,
        is_aborted,
        is_gateway_cache_hit,
        token_basis,
        cast(sum(attempt_count) as bigint) as attempt_count,
        cast(sum(owner_disputed_count) as bigint) as owner_disputed_count,
        cast(sum(logical_request_count) as bigint) as logical_request_count,
        cast(sum(succeeded_count) as bigint) as succeeded_count,
        cast(sum(input_uncached_tokens) as bigint) as input_uncached_tokens,
        cast(sum(cache_read_tokens) as bigint) as cache_read_tokens,
        cast(sum(cache_write_5m_tokens) as bigint) as cache_write_5m_tokens,
        cast(sum(cache_write_1h_tokens) as bigint) as cache_write_1h_tokens,
        cast(sum(cache_write_other_tokens) as bigint) as cache_write_other_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(reasoning_tokens) as bigint) as reasoning_tokens,
        cast(sum(audio_input_tokens) as bigint) as audio_input_tokens,
        cast(sum(cache_read_audio_tokens) as bigint) as cache_read_audio_tokens,
        cast(sum(audio_output_tokens) as bigint) as audio_output_tokens,
        cast(sum(image_input_tokens) as bigint) as image_input_tokens,
        cast(sum(image_units) as bigint) as image_units,
        cast(sum(web_search_calls) as bigint) as web_search_calls,
        cast(sum(request_bytes) as bigint) as request_bytes,
        cast(sum(response_bytes) as bigint) as response_bytes,
        cast(sum(input_items) as bigint) as input_items,
        cast(sum(logged_cost_usd) as decimal(38, 12)) as logged_cost_usd,
        event_date
    from counted
    group by all
)

select * from summed;

create table performance.agg_latency_hourly as
with answered as (
    select
        date_trunc('hour', requested_at) as hour_started_at,
        endpoint,
        model_served,
        request_duration_us,
        ttft_us,
        upstream_us,
        queue_us,
        gateway_us,
        event_date
    from usage.fct_attempts
    where
        error_type is null
        and coalesce(status_code, 0) < 400
        and not coalesce(is_aborted, false)
        and not coalesce(is_gateway_cache_hit, false)
),

measured as (
    select
        hour_started_at,
        endpoint,
        model_served,
        'request_duration_us' as metric,
        request_duration_us as measured_us,
        event_date
    from answered
    union all
    select
        hour_started_at,
        endpoint,
        model_served,
        'ttft_us' as metric,
        ttft_us as measured_us,
        event_date
    from answered
    union all
    select
        hour_started_at,
        endpoint,
        model_served,
        'upstream_us' as metric,
        upstream_us as measured_us,
        event_date
    from answered
    union all
    select
        hour_started_at,
        endpoint,
        model_served,
        'queue_us' as metric,
        queue_us as measured_us,
        event_date
    from answered
    union all
    select
        hour_started_at,
        endpoint,
        model_served,
        'gateway_us' as metric,
        gateway_us as measured_us,
        event_date
    from answered
),

bucketed as (
    select
        hour_started_at,
        endpoint,
        model_served,
        metric,
        case
            when measured_us = 0 then -1
            when measured_us > 0
                then cast(ceil(ln(measured_us) / 2.0000666706669524e-2) as int)
        end as bucket_no,
        event_date
    from measured
    where measured_us is not null
),

counted as (
    select
        hour_started_at,
        endpoint,
        model_served,
        metric,
        bucket_no,
        cast(count(*) as bigint) as attempt_count,
        event_date
    from bucketed
    group by hour_started_at, endpoint, model_served, metric, bucket_no, event_date
)

select * from counted;
