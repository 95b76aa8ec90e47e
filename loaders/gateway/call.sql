-- What any gateway's record becomes: from `metered`, the typed words of a call (words.py)
-- with its `meters`, to the columns of gateway_requests and `reject`, null where the record is fit.
with judged as (
    select
        *,
        coalesce(is_aborted, status_code = 499) as is_cut,
        coalesce(
            is_gateway_cache_hit,
            case
                when lower(cache_status) in ('hit', 'semantic hit', 'true') then true
                when lower(cache_status) in (
                    'miss', 'bypass', 'disabled', 'refresh', 'expired', 'dynamic', 'none',
                    'false'
                ) then false
            end
        ) as is_from_cache
    from metered
)

select
    coalesce(request_id, content) as request_id,
    case when request_id is null then 'content' else 'vendor' end as id_basis,
    logical_request_id,
    idempotency_key,
    trace_id,
    provider_response_id,

    requested_at,
    coalesce(
        completed_at,
        case
            when request_duration_us between 0 and 86400000000
                then requested_at + to_microseconds(request_duration_us)
        end
    ) as completed_at,
    client_sent_at,

    api_key_id,
    developer_id,
    application_id,
    project_id,
    team_id,
    organization_id,
    plan_id,
    client_id,
    end_user_id,

    $gateway as gateway,
    service,
    endpoint,
    path,
    method,
    api_version,
    operation,
    environment,
    job_type,
    prompt_template_id,

    provider,
    -- The client's own words; a prompt in the wrong field is cut short.
    left(model_requested, 256) as model_requested,
    model_served,
    deployment_id,
    -- Without the port, which many gateways write behind it.
    regexp_replace(upstream_host, ':[0-9]{1,5}$', '') as upstream_host,
    provider_account_hint,
    provider_project_hint,
    coalesce(service_tier, meters.service_tier) as service_tier,
    is_batch,
    fallback_from_model,
    retry_reason,
    attempted_retries,
    attempted_fallbacks,

    client_ip,
    user_agent,
    region,
    pop,
    asn,
    country,
    network_type,
    sdk_name,
    sdk_version,

    coalesce(request_duration_us, us_between(requested_at, completed_at))
        as request_duration_us,
    upstream_us,
    queue_us,
    gateway_us,
    ttft_us,

    -- Proxies write 0 where no answer was begun.
    nullif(status_code, 0) as status_code,
    coalesce(
        error_type,
        case
            when is_cut then 'aborted'
            when status_code < 400 or is_success then null
            else coalesce(
                error_type_of_code(error_code),
                case
                    when status_code >= 400
                        then error_type_of(status_code, coalesce(is_from_provider, false))
                    when not is_success then 'unknown'
                end
            )
        end
    ) as error_type,
    code_word(error_code) as error_code,
    code_word(finish_reason) as finish_reason,
    is_streamed,
    is_cut as is_aborted,
    is_from_cache as is_gateway_cache_hit,
    lower(cache_status) as cache_status,

    meters.input_uncached_tokens,
    meters.cache_read_tokens,
    meters.cache_write_5m_tokens,
    meters.cache_write_1h_tokens,
    meters.cache_write_other_tokens,
    meters.output_tokens,
    meters.reasoning_tokens,
    meters.audio_input_tokens,
    meters.cache_read_audio_tokens,
    meters.audio_output_tokens,
    meters.image_input_tokens,
    meters.web_search_calls,
    image_units,
    request_bytes,
    response_bytes,
    input_items,
    case
        when meters.input_uncached_tokens is null and meters.output_tokens is null
            then 'missing'
        when is_from_cache then 'replayed_from_cache'
        else coalesce(
            token_basis, case when is_cut then 'estimated' else 'gateway_normalized' end
        )
    end as token_basis,
    logged_cost_usd,

    quota_bucket,
    quota_consumed,
    quota_limit,
    quota_remaining,
    experiment,
    variant,
    case
        when len(tags) > 0 then cast(to_json(list_sort(list_distinct(tags))) as varchar)
    end as tags,
    case
        when params is not null and json_valid(params)
            then scalars_of(params, sampling_names(params), 32)
    end as params,
    source_version,
    source_updated_at,

    unread + cast(meters.oddity is not null as int) as unread,
    ignored,
    coalesce(misfit, meters.problem) as reject
from judged
