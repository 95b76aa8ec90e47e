{{ config(materialized='view') }}

with attempts as (
    select * from {{ ref('fct_attempts') }}
    where is_counted
),

logical_requests as (
    select * from {{ ref('fct_logical_requests') }}
),

-- Attempts carry the meters and the money; logical requests the successes, in the hour
-- in which they began and under what their last attempt gave. Adding both up counts
-- each of them once.
counted as (
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
    from attempts
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
    from logical_requests
)

select * from counted
