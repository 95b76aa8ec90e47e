-- Events of a gateway of one's own: requests, and what happened to a consumer beside
-- them; `events.schema.json` is the format's documentation. Reads `raw_records(record)`
-- and gives the columns of gateway_requests and product_events, `stream` and `reject`.
with parsed as (
    -- One parse per record. Numbers, times and booleans come as text: what is not one is
    -- then refused by name instead of turning into null.
    select
        record,
        record is null as is_malformed,
        record not like '{%' as is_not_object,
        json_transform(record, '{
            "event_type": "VARCHAR", "event_time": "VARCHAR", "event_id": "VARCHAR",
            "request_id": "VARCHAR", "logical_request_id": "VARCHAR",
            "idempotency_key": "VARCHAR", "trace_id": "VARCHAR",
            "provider_response_id": "VARCHAR", "completed_at": "VARCHAR",
            "client_sent_at": "VARCHAR", "updated_at": "VARCHAR",
            "source_version": "VARCHAR",
            "consumer": {
                "api_key_id": "VARCHAR", "developer_id": "VARCHAR",
                "application_id": "VARCHAR", "project_id": "VARCHAR",
                "team_id": "VARCHAR", "organization_id": "VARCHAR",
                "plan_id": "VARCHAR", "client_id": "VARCHAR", "end_user_id": "VARCHAR"
            },
            "api": {
                "service": "VARCHAR", "endpoint": "VARCHAR", "method": "VARCHAR",
                "version": "VARCHAR", "operation": "VARCHAR", "environment": "VARCHAR",
                "job_type": "VARCHAR", "prompt_template_id": "VARCHAR"
            },
            "model": {
                "provider": "VARCHAR", "requested": "VARCHAR", "served": "VARCHAR",
                "deployment_id": "VARCHAR", "upstream_host": "VARCHAR",
                "provider_account": "VARCHAR", "provider_project": "VARCHAR",
                "service_tier": "VARCHAR", "is_batch": "VARCHAR",
                "fallback_from": "VARCHAR", "retry_reason": "VARCHAR"
            },
            "attempts": {"retries": "VARCHAR", "fallbacks": "VARCHAR"},
            "network": {
                "client_ip": "VARCHAR", "region": "VARCHAR", "pop": "VARCHAR",
                "asn": "VARCHAR", "ip_family": "VARCHAR", "country": "VARCHAR",
                "network_type": "VARCHAR", "sdk_name": "VARCHAR",
                "sdk_version": "VARCHAR", "runtime": "VARCHAR",
                "device_class": "VARCHAR"
            },
            "timings": {
                "request_duration_ms": "VARCHAR", "upstream_ms": "VARCHAR",
                "queue_ms": "VARCHAR", "gateway_ms": "VARCHAR", "ttft_ms": "VARCHAR"
            },
            "result": {
                "status_code": "VARCHAR", "error_type": "VARCHAR",
                "error_code": "VARCHAR", "finish_reason": "VARCHAR",
                "is_streamed": "VARCHAR", "is_aborted": "VARCHAR",
                "cache": {"hit": "VARCHAR", "status": "VARCHAR"}
            },
            "usage": {
                "raw": "JSON",
                "input_uncached_tokens": "VARCHAR", "cache_read_tokens": "VARCHAR",
                "cache_write_5m_tokens": "VARCHAR", "cache_write_1h_tokens": "VARCHAR",
                "cache_write_other_tokens": "VARCHAR", "output_tokens": "VARCHAR",
                "reasoning_tokens": "VARCHAR", "audio_input_tokens": "VARCHAR",
                "cache_read_audio_tokens": "VARCHAR", "audio_output_tokens": "VARCHAR",
                "image_input_tokens": "VARCHAR", "image_units": "VARCHAR",
                "web_search_calls": "VARCHAR", "input_items": "VARCHAR",
                "request_bytes": "VARCHAR", "response_bytes": "VARCHAR",
                "token_basis": "VARCHAR", "logged_cost_usd": "VARCHAR"
            },
            "quota": {
                "bucket": "VARCHAR", "consumed": "VARCHAR", "limit": "VARCHAR",
                "remaining": "VARCHAR"
            },
            "flags": "JSON", "tags": ["VARCHAR"], "params": "JSON",
            "quality": {
                "prediction_confidence": "VARCHAR", "feedback_score": "VARCHAR"
            },
            "change": {"previous_plan_id": "VARCHAR"}
        }') as event
    from raw_records
),

read_out as (
    select
        *,
        known(event.event_type) = 'api_request' as is_request,
        instant(event.event_time, $timezone) as event_time,
        us_of_ms(event.timings.request_duration_ms) as request_duration_us,
        whole_number(event.result.status_code) as status_code,
        boolean_of(event.result.cache.hit) as is_hit,
        -- What a proxy calls stale or revalidated may have come from either side.
        case
            when lower(event.result.cache.status) = 'hit' then true
            when lower(event.result.cache.status) in (
                'miss', 'bypass', 'disabled', 'refresh', 'expired', 'dynamic', 'none'
            ) then false
        end as is_hit_by_status,
        coalesce(
            boolean_of(event.result.is_aborted),
            whole_number(event.result.status_code) = 499
        ) as is_cut,
        usage_object(event.usage.raw) as body,
        [known(tag) for tag in event.tags if known(tag) is not null] as own_tags,
        -- Identity of a record that names none, however it was laid out: in an array it
        -- may go over several lines. A digest costs more than all else here.
        case
            when known(
                case
                    when known(event.event_type) = 'api_request' then event.request_id
                    else event.event_id
                end
            ) is null
                then md5($salt || one_line(record))
        end as content
    from parsed
),

-- The steps of `usage_meters`, each worked out once.
said as (select *, usage_texts(body) as usage_said from read_out),

shaped as (select *, usage_shape(usage_said) as shape from said),

found as (select *, usage_found(usage_said, shape) as usage_as_said from shaped),

summed as (select *, usage_summed(usage_as_said) as usage_sums from found),

divided as (select *, usage_divided(usage_sums) as usage_parts from summed),

metered as (select *, usage_metered(usage_parts, shape) as usage_spent from divided),

-- Where one part of the input is named, the provider's own words for the other parts may
-- hold it already: then all five are what their names say. Elsewhere a name wins.
named as (
    select
        *,
        struct_update(
            usage_spent, oddity := usage_oddity(body, usage_spent)
        ) as spent,
        coalesce(
            event.usage.input_uncached_tokens, event.usage.cache_read_tokens,
            event.usage.cache_write_5m_tokens, event.usage.cache_write_1h_tokens,
            event.usage.cache_write_other_tokens
        ) is null as is_input_raw,
        coalesce(is_hit, is_hit_by_status) as is_from_cache
    from metered
),

counted as (
    select
        *,
        case
            when is_input_raw then spent.input_uncached_tokens
            else whole_number(event.usage.input_uncached_tokens)
        end as input_uncached_tokens,
        case
            when is_input_raw then spent.cache_read_tokens
            else whole_number(event.usage.cache_read_tokens)
        end as cache_read_tokens,
        case
            when is_input_raw then spent.cache_write_5m_tokens
            else whole_number(event.usage.cache_write_5m_tokens)
        end as cache_write_5m_tokens,
        case
            when is_input_raw then spent.cache_write_1h_tokens
            else whole_number(event.usage.cache_write_1h_tokens)
        end as cache_write_1h_tokens,
        case
            when is_input_raw then spent.cache_write_other_tokens
            else whole_number(event.usage.cache_write_other_tokens)
        end as cache_write_other_tokens,
        coalesce(whole_number(event.usage.output_tokens), spent.output_tokens)
            as output_tokens,
        coalesce(whole_number(event.usage.reasoning_tokens), spent.reasoning_tokens)
            as said_reasoning,
        coalesce(whole_number(event.usage.audio_input_tokens), spent.audio_input_tokens)
            as said_audio_input,
        coalesce(
            whole_number(event.usage.cache_read_audio_tokens),
            spent.cache_read_audio_tokens
        ) as said_cache_read_audio,
        coalesce(whole_number(event.usage.audio_output_tokens), spent.audio_output_tokens)
            as said_audio_output,
        coalesce(whole_number(event.usage.image_input_tokens), spent.image_input_tokens)
            as said_image_input,
        whole_number(event.usage.image_units) as image_units,
        coalesce(whole_number(event.usage.web_search_calls), spent.web_search_calls)
            as web_search_calls
    from named
),

-- Unknown where the uncached part of it is.
whole as (
    select
        *,
        input_uncached_tokens + coalesce(cache_read_tokens, 0)
        + coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0)
        + coalesce(cache_write_other_tokens, 0) as whole_input
    from counted
),

-- What is larger than what it is a part of is unknown; `oddity` names it.
parted as (
    select
        * replace (
            struct_update(spent, oddity := coalesce(
                spent.oddity,
                refuse_part('reasoning_tokens', said_reasoning, output_tokens),
                refuse_part('audio_output_tokens', said_audio_output, output_tokens),
                refuse_part('audio_input_tokens', said_audio_input, whole_input),
                refuse_part('image_input_tokens', said_image_input, whole_input),
                refuse_part(
                    'cache_read_audio_tokens', said_cache_read_audio, cache_read_tokens
                )
            )) as spent
        ),
        part_of(said_reasoning, output_tokens) as reasoning_tokens,
        part_of(said_audio_input, whole_input) as audio_input_tokens,
        part_of(said_cache_read_audio, cache_read_tokens) as cache_read_audio_tokens,
        part_of(said_audio_output, output_tokens) as audio_output_tokens,
        part_of(said_image_input, whole_input) as image_input_tokens
    from whole
)

select
    case when is_request then 'gateway_requests' else 'product_events' end as stream,
    coalesce(known(event.request_id), case when is_request then content end) as request_id,
    coalesce(known(event.event_id), case when is_request is not true then content end)
        as event_id,
    case when content is null then 'vendor' else 'content' end as id_basis,
    known(event.event_type) as event_type,
    known(event.logical_request_id) as logical_request_id,
    known(event.idempotency_key) as idempotency_key,
    known(event.trace_id) as trace_id,
    known(event.provider_response_id) as provider_response_id,

    event_time as requested_at,
    event_time as occurred_at,
    coalesce(
        instant(event.completed_at, $timezone),
        case
            when request_duration_us between 0 and 86400000000
                then event_time + to_microseconds(request_duration_us)
        end
    ) as completed_at,
    instant(event.client_sent_at, $timezone) as client_sent_at,

    known(event.consumer.api_key_id) as api_key_id,
    known(event.consumer.developer_id) as developer_id,
    known(event.consumer.application_id) as application_id,
    known(event.consumer.project_id) as project_id,
    known(event.consumer.team_id) as team_id,
    known(event.consumer.organization_id) as organization_id,
    known(event.consumer.plan_id) as plan_id,
    known(event.consumer.client_id) as client_id,
    known(event.consumer.end_user_id) as end_user_id,
    known(event.change.previous_plan_id) as previous_plan_id,

    $gateway as gateway,
    known(event.api.service) as service,
    -- A query string is no part of a template, and may say anything.
    known(split_part(event.api.endpoint, '?', 1)) as endpoint,
    known(event.api.method) as method,
    known(event.api.version) as api_version,
    known(event.api.operation) as operation,
    known(event.api.environment) as environment,
    known(event.api.job_type) as job_type,
    known(event.api.prompt_template_id) as prompt_template_id,

    known(event.model.provider) as provider,
    -- The client's own words; a prompt in the wrong field is cut short.
    left(known(event.model.requested), 256) as model_requested,
    known(event.model.served) as model_served,
    known(event.model.deployment_id) as deployment_id,
    known(event.model.upstream_host) as upstream_host,
    known(event.model.provider_account) as provider_account_hint,
    known(event.model.provider_project) as provider_project_hint,
    coalesce(known(event.model.service_tier), spent.service_tier) as service_tier,
    boolean_of(event.model.is_batch) as is_batch,
    known(event.model.fallback_from) as fallback_from_model,
    known(event.model.retry_reason) as retry_reason,
    whole_number(event.attempts.retries) as attempted_retries,
    whole_number(event.attempts.fallbacks) as attempted_fallbacks,

    known(event.network.client_ip) as client_ip,
    known(event.network.region) as region,
    known(event.network.pop) as pop,
    known(event.network.asn) as asn,
    known(event.network.ip_family) as ip_family,
    known(event.network.country) as country,
    known(event.network.network_type) as network_type,
    known(event.network.sdk_name) as sdk_name,
    known(event.network.sdk_version) as sdk_version,
    known(event.network.runtime) as runtime,
    known(event.network.device_class) as device_class,

    request_duration_us,
    us_of_ms(event.timings.upstream_ms) as upstream_us,
    us_of_ms(event.timings.queue_ms) as queue_us,
    us_of_ms(event.timings.gateway_ms) as gateway_us,
    us_of_ms(event.timings.ttft_ms) as ttft_us,

    status_code,
    coalesce(
        known(event.result.error_type),
        case
            when is_cut then 'aborted'
            -- What a gateway answers when its upstream did not.
            when status_code >= 400
                then error_type_of(status_code, status_code in (502, 503, 529))
        end
    ) as error_type,
    code_word(known(event.result.error_code)) as error_code,
    code_word(known(event.result.finish_reason)) as finish_reason,
    boolean_of(event.result.is_streamed) as is_streamed,
    is_cut as is_aborted,
    is_from_cache as is_gateway_cache_hit,
    coalesce(
        known(event.result.cache.status),
        case when is_hit then 'hit' when not is_hit then 'miss' end
    ) as cache_status,

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
    whole_number(event.usage.input_items) as input_items,
    whole_number(event.usage.request_bytes) as request_bytes,
    whole_number(event.usage.response_bytes) as response_bytes,
    coalesce(known(event.usage.token_basis), case
        when coalesce(
            whole_input, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
            cache_write_other_tokens, output_tokens, reasoning_tokens, audio_input_tokens,
            cache_read_audio_tokens, audio_output_tokens, image_input_tokens, image_units,
            web_search_calls
        ) is null then 'missing'
        when is_from_cache then 'replayed_from_cache'
        when shape is not null then 'provider_reported'
        when is_cut then 'estimated'
        else 'gateway_normalized'
    end) as token_basis,
    money(event.usage.logged_cost_usd) as logged_cost_usd,

    known(event.quota.bucket) as quota_bucket,
    whole_number(event.quota.consumed) as quota_consumed,
    whole_number(event.quota.limit) as quota_limit,
    whole_number(event.quota.remaining) as quota_remaining,

    known(event.flags ->> 'experiment') as experiment,
    known(event.flags ->> 'variant') as variant,
    case
        when event.flags is not null
            then scalars_of(event.flags, flag_names(event.flags), 64)
    end as feature_flags,
    case
        when len(own_tags) > 0
            then cast(to_json(list_sort(list_distinct(own_tags))) as varchar)
    end as tags,
    case
        when event.params is not null
            then scalars_of(event.params, sampling_names(event.params), 32)
    end as params,
    try_cast(event.quality.prediction_confidence as decimal(9, 6))
        as prediction_confidence,
    try_cast(event.quality.feedback_score as decimal(9, 6)) as feedback_score,
    known(event.source_version) as source_version,
    instant(event.updated_at, $timezone) as source_updated_at,

    -- Beside the point of a record: a misfit is null, counted, and costs it nothing.
    cast(spent.oddity is not null as int)
    + misfit(known(event.completed_at), instant(event.completed_at, $timezone))
    + misfit(known(event.client_sent_at), instant(event.client_sent_at, $timezone))
    + misfit(known(event.updated_at), instant(event.updated_at, $timezone))
    + misfit(known(event.result.status_code), whole_number(event.result.status_code))
    + misfit(known(event.model.is_batch), boolean_of(event.model.is_batch))
    + misfit(known(event.result.is_streamed), boolean_of(event.result.is_streamed))
    + misfit(known(event.result.is_aborted), boolean_of(event.result.is_aborted))
    + misfit(known(event.result.cache.hit), is_hit)
    + misfit(known(event.timings.request_duration_ms), request_duration_us)
    + misfit(known(event.timings.upstream_ms), us_of_ms(event.timings.upstream_ms))
    + misfit(known(event.timings.queue_ms), us_of_ms(event.timings.queue_ms))
    + misfit(known(event.timings.gateway_ms), us_of_ms(event.timings.gateway_ms))
    + misfit(known(event.timings.ttft_ms), us_of_ms(event.timings.ttft_ms))
    + misfit(known(event.usage.input_items), whole_number(event.usage.input_items))
    + misfit(known(event.usage.request_bytes), whole_number(event.usage.request_bytes))
    + misfit(known(event.usage.response_bytes), whole_number(event.usage.response_bytes))
    + misfit(known(event.attempts.retries), whole_number(event.attempts.retries))
    + misfit(known(event.attempts.fallbacks), whole_number(event.attempts.fallbacks))
    + misfit(known(event.quota.consumed), try_cast(event.quota.consumed as double))
    + misfit(known(event.quota.limit), try_cast(event.quota.limit as double))
    + misfit(known(event.quota.remaining), try_cast(event.quota.remaining as double))
    + misfit(
        known(event.quality.prediction_confidence),
        try_cast(event.quality.prediction_confidence as decimal(9, 6))
    )
    + misfit(
        known(event.quality.feedback_score),
        try_cast(event.quality.feedback_score as decimal(9, 6))
    ) as unread,

    case
        when is_malformed then 'malformed_json'
        when is_not_object then 'not_an_object'
        when event.event_type is null then 'missing:event_type'
        when event.event_time is null then 'missing:event_time'
        else coalesce(
            refuse('event_time', event.event_time, event_time, 'not_a_time'),
            usage_problem(event.usage.raw, body, spent),
            refuse_count('usage.input_uncached_tokens', event.usage.input_uncached_tokens),
            refuse_count('usage.cache_read_tokens', event.usage.cache_read_tokens),
            refuse_count('usage.cache_write_5m_tokens', event.usage.cache_write_5m_tokens),
            refuse_count('usage.cache_write_1h_tokens', event.usage.cache_write_1h_tokens),
            refuse_count('usage.cache_write_other_tokens',
                event.usage.cache_write_other_tokens),
            refuse_count('usage.output_tokens', event.usage.output_tokens),
            refuse_count('usage.reasoning_tokens', event.usage.reasoning_tokens),
            refuse_count('usage.audio_input_tokens', event.usage.audio_input_tokens),
            refuse_count('usage.cache_read_audio_tokens',
                event.usage.cache_read_audio_tokens),
            refuse_count('usage.audio_output_tokens', event.usage.audio_output_tokens),
            refuse_count('usage.image_input_tokens', event.usage.image_input_tokens),
            refuse_count('usage.image_units', event.usage.image_units),
            refuse_count('usage.web_search_calls', event.usage.web_search_calls),
            refuse('usage.logged_cost_usd', known(event.usage.logged_cost_usd),
                money(event.usage.logged_cost_usd), 'not_an_amount')
        )
    end as reject
from parted
