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
    true as is_counted,
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
        max(completed_at) as completed,
        max(model_requested) filter (where attempt_no = 1) as first_model_requested,
        nullif(count(distinct model_requested), 0) - 1 as model_changes,
        sum(logged_cost_usd) as cost_usd
    from usage.fct_attempts
    where recorded_attempt_count > 1
    group by all
)

select
    gateway, logical_request_id, idempotency_key, trace_id, api_key_id, developer_id,
    application_id, project_id, team_id, organization_id, cost_center_id, plan_id,
    client_id, end_user_id, service, endpoint, method, api_version, operation,
    environment, job_type, prompt_template_id, provider, model_served, deployment_id,
    service_tier, region, country, network_type, sdk_name, sdk_version, status_code,
    error_type, error_code, finish_reason, token_basis, experiment, variant,
    recorded_attempt_count, attempts_total, is_batch, is_streamed, is_aborted,
    is_gateway_cache_hit,
    logical_requested_at as requested_at,
    coalesce(completed, completed_at) as completed_at,
    coalesce(first_model_requested, model_requested) as model_requested,
    case
        when is_aborted then 'aborted'
        when error_type is not null or status_code >= 400 then 'failed'
        when status_code < 400 then 'succeeded'
    end as outcome,
    attempted_retries as retry_count,
    coalesce(attempted_fallbacks, model_changes) as fallback_count,
    date_diff('microsecond', logical_requested_at, coalesce(completed, completed_at))
        as end_to_end_us,
    date_diff('microsecond', logical_requested_at, attempts.requested_at) + ttft_us
        as ttft_us,
    cast(if(recorded_attempt_count > 1, cost_usd, logged_cost_usd) as decimal(38, 12))
        as logged_cost_usd,
    cast(logical_requested_at as date) as event_date
from usage.fct_attempts as attempts
left join totals using (gateway, logical_request_id, logical_requested_at)
where is_terminal;

create table usage.agg_usage_hourly as
with counted as (
    select
        *,
        1 as attempt_count,
        cast(is_owner_disputed as int) as owner_disputed_count,
        0 as logical_request_count,
        0 as succeeded_count
    from usage.fct_attempts
    union all by name
    select
        * exclude (logged_cost_usd),
        0 as attempt_count,
        0 as owner_disputed_count,
        1 as logical_request_count,
        cast(coalesce(outcome = 'succeeded', false) as int) as succeeded_count
    from usage.fct_logical_requests
)

select
    date_trunc('hour', requested_at) as hour_started_at,
    api_key_id, developer_id, application_id, project_id, team_id, organization_id,
    cost_center_id, plan_id, endpoint, method, api_version, environment, job_type,
    provider, model_requested, model_served, service_tier, region, sdk_name,
    substr(cast(status_code as varchar), 1, 1) || 'xx' as status_class,
    error_type, is_streamed, is_aborted, is_gateway_cache_hit, token_basis,
    cast(sum(columns([
        'attempt_count', 'owner_disputed_count', 'logical_request_count',
        'succeeded_count', 'input_uncached_tokens', 'cache_read_tokens',
        'cache_write_5m_tokens', 'cache_write_1h_tokens', 'cache_write_other_tokens',
        'output_tokens', 'reasoning_tokens', 'audio_input_tokens',
        'cache_read_audio_tokens', 'audio_output_tokens', 'image_input_tokens',
        'image_units', 'web_search_calls', 'request_bytes', 'response_bytes',
        'input_items'
    ])) as bigint),
    cast(sum(logged_cost_usd) as decimal(38, 12)) as logged_cost_usd,
    event_date
from counted
group by all;

create table performance.agg_latency_hourly as
with answered as (
    select
        date_trunc('hour', requested_at) as hour_started_at,
        endpoint, model_served, event_date,
        request_duration_us, ttft_us, upstream_us, queue_us, gateway_us
    from usage.fct_attempts
    where
        error_type is null
        and coalesce(status_code, 0) < 400
        and not coalesce(is_aborted, false)
        and not coalesce(is_gateway_cache_hit, false)
),

measured as (
    unpivot answered
    on request_duration_us, ttft_us, upstream_us, queue_us, gateway_us
    into name metric value measured_us
)

select
    hour_started_at, endpoint, model_served, metric,
    case
        when measured_us = 0 then -1
        when measured_us > 0
            then cast(ceil(ln(measured_us) / 2.0000666706669524e-2) as int)
    end as bucket_no,
    count(*) as attempt_count,
    event_date
from measured
group by all;
