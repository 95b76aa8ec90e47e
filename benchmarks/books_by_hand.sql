-- The tables of models/ that hold requests, as one script for this lake alone: no days,
-- no ledger, no contracts, no tests. What a full build is measured against.
-- Variable `lake`: its folder.
create schema usage;
create schema performance;
create schema costs;

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
        when status_code < 400 or token_basis <> 'missing' then 'succeeded'
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

-- Known models, no tiers, no contracts: this lake has no others.
create temp table prices as
with listed as (
    select
        *,
        lead(valid_from, 1, timestamp '9999-12-31') over (
            partition by provider_id, model_id, token_class, context_tier_tokens
            order by valid_from
        ) as valid_before
    from read_parquet(getvariable('lake') || '/price_book/*.parquet')
    where processing_tier = 'standard' and geography is null
)

select
    provider_id, model_id, token_class, context_tier_tokens, valid_from, valid_before,
    cast(price * case per_quantity when 1000000 then 0.000001 else 0.001 end
        as decimal(20, 18)) as unit_price_usd
from listed
where price is not null and day_part_start_minute = 0;

create temp table models as
select * from (values
    ('openai', 'openai', 'gpt-4o', 'gpt-4o'),
    ('openai', 'openai', 'gpt-5-mini', 'gpt-5-mini'),
    ('openai', 'openai', 'gpt-4.1', 'gpt-4.1'),
    ('anthropic', 'anthropic', 'claude-sonnet-4-5', 'claude-sonnet-4-5'),
    ('anthropic', 'anthropic', 'claude-haiku-4-5', 'claude-haiku-4-5'),
    ('anthropic', 'anthropic', 'claude-opus-4-1', 'claude-opus-4-1'),
    ('gemini', 'google', 'gemini-2.5-pro', 'gemini-2.5-pro'),
    ('gemini', 'google', 'gemini-2.5-flash', 'gemini-2.5-flash'),
    ('gemini', 'google', 'gemini-2.0-flash', 'gemini-2.0-flash'),
    ('mistral', 'mistral', 'mistral-large-latest', 'mistral-large'),
    ('mistral', 'mistral', 'mistral-small-latest', 'mistral-small-latest'),
    ('mistral', 'mistral', 'codestral-latest', 'codestral')
) as known(provider, provider_id, model_name, price_model_id);

create temp table used as
select
    gateway, provider, model_served as model_name, token_basis,
    is_gateway_cache_hit,
    not coalesce(is_gateway_cache_hit, false)
    and (error_type is null and status_code < 400 or token_basis = 'provider_reported')
        as is_billable,
    case
        when attempt_no = 1 then 'first'
        when fallback_from_model is not null then 'fallback'
        else 'retry'
    end as attempt_kind,
    case
        when is_aborted then 'aborted'
        when error_type is not null or status_code >= 400 then 'failed'
        else 'succeeded'
    end as attempt_outcome,
    api_key_id, developer_id, application_id, project_id, team_id, organization_id,
    cost_center_id, plan_id, environment, endpoint, prompt_template_id,
    count(*) as attempt_count,
    0 as unmeasured_attempt_count,
    cast(sum(logged_cost_usd) as decimal(38, 12)) as logged_cost_usd,
    cast(sum(input_uncached_tokens) as bigint) as input_uncached_tokens,
    cast(sum(cache_read_tokens) as bigint) as cache_read_tokens,
    cast(sum(output_tokens) as bigint) as output_tokens,
    event_date
from usage.fct_attempts
group by all;

create table costs.fct_usage_lines as
select
    gateway, provider, model_name, provider_id, provider_id as price_provider_id,
    price_model_id, 'served' as model_basis, token_class,
    'standard' as processing_tier, cast(0 as bigint) as context_tier_tokens,
    cast(0 as bigint) as day_part_start_minute, token_basis, attempt_kind, attempt_outcome, api_key_id, developer_id,
    application_id, project_id, team_id, organization_id, cost_center_id, plan_id,
    environment, endpoint, prompt_template_id, is_gateway_cache_hit, is_billable,
    quantity, event_date
from (
    unpivot used on input_uncached_tokens, cache_read_tokens, output_tokens
    into name token_class value quantity
)
inner join models using (provider, model_name)
where quantity > 0;

create table costs.fct_cost_lines as
select
    lines.* exclude (model_basis),
    case when cost_center_id is null then 'no_team' end as unattributed_reason,
    '' as price_basis,
    prices.unit_price_usd as list_unit_price_usd,
    prices.unit_price_usd,
    cast(if(is_billable, cast(quantity as decimal(18, 0)) * prices.unit_price_usd, 0)
        as decimal(38, 12)) as rated_list_cost_usd,
    rated_list_cost_usd as rated_cost_usd,
    cast(if(
        is_gateway_cache_hit,
        cast(quantity as decimal(18, 0)) * prices.unit_price_usd, null
    ) as decimal(38, 12)) as gateway_cache_saved_usd,
    cast(if(
        is_billable and lines.token_class = 'cache_read_tokens',
        cast(quantity as decimal(18, 0))
        * (uncached.unit_price_usd - prices.unit_price_usd), null
    ) as decimal(38, 12)) as prompt_cache_saved_usd
from costs.fct_usage_lines as lines
left join prices
    on lines.price_provider_id = prices.provider_id
    and lines.price_model_id = prices.model_id
    and lines.token_class = prices.token_class
    and prices.context_tier_tokens = 0
    and lines.event_date >= prices.valid_from
    and lines.event_date < prices.valid_before
left join prices as uncached
    on lines.price_provider_id = uncached.provider_id
    and lines.price_model_id = uncached.model_id
    and uncached.token_class = 'input_uncached_tokens'
    and uncached.context_tier_tokens = 0
    and lines.event_date >= uncached.valid_from
    and lines.event_date < uncached.valid_before;

create table costs.agg_cost_daily as
with counted as (
    from used
    select
        gateway, api_key_id, developer_id, application_id, project_id, team_id,
        organization_id, cost_center_id, plan_id, environment, endpoint, provider,
        model_name, attempt_count, unmeasured_attempt_count, logged_cost_usd, event_date
    union all by name
    from costs.fct_cost_lines
    select
        gateway, api_key_id, developer_id, application_id, project_id, team_id,
        organization_id, cost_center_id, plan_id, environment, endpoint, provider,
        model_name,
        case when token_class <> 'output_tokens' then quantity end as input_tokens,
        if(token_class = 'cache_read_tokens', quantity, if(
            token_class = 'input_uncached_tokens', 0, null
        )) as cache_read_tokens,
        case when token_class = 'output_tokens' then quantity end as output_tokens,
        rated_list_cost_usd, rated_cost_usd, gateway_cache_saved_usd,
        prompt_cache_saved_usd, event_date
)

select
    gateway, api_key_id, developer_id, application_id, project_id, team_id,
    organization_id, cost_center_id, plan_id, environment, endpoint, provider,
    models.provider_id, model_name, models.price_model_id,
    cast(sum(columns([
        'attempt_count', 'unmeasured_attempt_count', 'input_tokens',
        'cache_read_tokens', 'output_tokens'
    ])) as bigint),
    cast(0 as bigint) as unpriced_quantity,
    cast(sum(columns([
        'logged_cost_usd', 'rated_list_cost_usd', 'rated_cost_usd',
        'gateway_cache_saved_usd', 'prompt_cache_saved_usd'
    ])) as decimal(38, 12)),
    event_date
from counted
inner join models using (provider, model_name)
group by all;
