with counted as (
    select * from {{ ref('int_usage_counted') }}
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

select * from summed
