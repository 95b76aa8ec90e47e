-- What is true of a block of days.
create or replace temp view block_attempts as
with delivered as (
    select attempts.*, coalesce(
        spelled.file, 'litellm/' || attempts.world_date || '.ndjson.gz'
    ) as file
    from attempts
    left join spelled using (request_id)
),

-- Who owned the key then. What a LiteLLM record says of its team wins.
owned as (
    select
        delivered.*,
        coalesce(
            if(is_disputed, 'team-security', directory_team_id),
            if(delivered.requested_at >= moved_projects.valid_from, moved_projects.team_id, null),
            first_team_id
        ) as team_id
    from delivered
    left join moved_projects using (project_id)
)

select
    gateway,
    -- As loaders/gateway/litellm.sql makes them.
    case
        when gateway = 'events' then request_id
        when not is_answered then id || ':' || epoch_us(requested_at) // 1000
        when operation = 'embeddings' then id || ':' || epoch_us(requested_at) // 1000000
        when is_hit then id || ':chatcmpl-' || substr(id, 1, 12)
        when operation = 'images' then id || ':chatcmpl-' || token(request_id, 'answer', 24)
        else 'chatcmpl-' || token(request_id, 'answer', 24)
    end as request_id,
    id as logical_request_id,
    requested_at,
    attempt_no,
    file,
    is_logged,
    story,
    api_key_id,
    developer_id,
    end_user_id,
    client_ip,
    is_batch_job,
    leaked,
    named_email,
    application_id,
    project_id,
    owned.team_id,
    owned.organization_id,
    teams.cost_center_id,
    plan_id,
    if(gateway = 'litellm' and operation = 'images', 'aimage_generation', operation)
        as operation,
    if(operation = 'chat', version, 'v1') as api_version,
    if(gateway = 'litellm', litellm_provider, provider) as provider,
    model,
    fallback_from_model,
    status_code,
    if(gateway = 'litellm' and error_type = 'quota', 'rate_limit', error_type) as error_type,
    is_streamed,
    status_code = 499 as is_aborted,
    is_hit as is_gateway_cache_hit,
    input_uncached_tokens,
    cache_read_tokens,
    cache_write_5m_tokens,
    cache_write_1h_tokens,
    cache_write_other_tokens,
    output_tokens,
    reasoning_tokens,
    image_units,
    token_basis,
    -- LiteLLM says zero for what failed.
    if(gateway = 'litellm' and not is_answered, 0, usd(cost_pico)) as logged_cost_usd,
    request_duration_us,
    ttft_us,
    skew_hours
from owned
left join teams on teams.team_id = owned.team_id;

create or replace temp view block_product_events as
select event_id, event_type, happened_at as occurred_at, organization_id, api_key_id, request_id,
    file
from product_events;

create or replace temp view block_files as
with written as (
    select
        file,
        count(*) as record_count,
        count(*) filter (where id like 'bad\_%' escape '\') as rejected_count,
        bool_or(kind = 'resent') as is_resent
    from placed_lines
    group by file
)

select
    file as path,
    split_part(file, '/', 1) as format,
    case
        when is_resent then 'resent'
        when file like '%-spool-%' then 'late'
        else 'normal'
    end as kind,
    record_count,
    rejected_count
from written
union all
select copy, 'events', 'duplicate', record_count, rejected_count
from copied_files inner join written using (file);

create or replace temp view block_faults as
select bad_lines.kind, bad_lines.file, line_no, id, reason
from bad_lines inner join placed_lines using (file, id)
union all
select 'out_of_order', file, null, null, null
from (select distinct file from deliveries where is_shuffled)
union all
select kind || '_file', path, null, null, null from block_files where kind <> 'normal'
union all
select 'clock_skew', file, null, request_id, null
from block_attempts where skew_hours <> 0 and gateway = 'events';
