-- Bedrock: the provider's own counts; cached tokens come on top of the input unless the
-- body's total says otherwise. A stream of InvokeModel is an array of events, the last
-- of which has what was measured.
with told as (
    select
        *,
        json_extract_string(
            record,
            '$.output.outputBodyJson[*]."amazon-bedrock-invocationMetrics".invocationLatency'
        )[-1] as stream_ms,
        json_extract_string(
            record,
            '$.output.outputBodyJson[*]."amazon-bedrock-invocationMetrics".firstByteLatency'
        )[-1] as first_byte_ms,
        json_extract_string(
            record, '$.output.outputBodyJson[*].delta.stop_reason'
        )[-1] as stream_stop,
        json_extract(
            record, '/output/outputBodyJson/usage/cacheDetails'
        ) as cache_details,
        json_extract(
            record, '$.output.outputBodyJson[*].message.usage.cache_creation'
        )[1] as stream_writes,
        regexp_extract(model, '([^/]*)$', 1) as model_name
    from fields
)

select
    record, request_id, requested_at, provider_account_hint, region, error_code,
    input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, total_tokens,
    team_id, project_id, application_id, environment, end_user_id, source_version,
    request_id as provider_response_id,
    -- A role, and a user made for an API key, are keys; a user may be a person, and so
    -- may a role's session.
    nullif(regexp_extract(
        arn, '^(arn:[^:]*:(?:sts|iam)::[^:]*:(?:assumed-role/[^/]+|user/BedrockAPIKey-.*))',
        1
    ), '') as api_key_id,
    -- Sessions of other roles are programs, a new one at each start.
    case
        when (arn like '%:user/%' and arn not like '%:user/BedrockAPIKey-%')
            or arn like '%:assumed-role/AWSReservedSSO~_%' escape '~' then arn
    end as developer_id,
    'bedrock' as provider,
    left(model_name, 256) as model_requested,
    -- A profile of the account's own names no model.
    case
        when model like '%:application-inference-profile/%'
            or model like '%:provisioned-model/%' then null
        else regexp_replace(
            model_name, '^(us|eu|apac|us-gov|jp|au|ca|sa|global)[.]', ''
        )
    end as model_served,
    case when model like 'arn:%' then model end as deployment_id,
    api as endpoint,
    case
        when api like 'Converse%' then 'chat'
        when model like '%embed%' then 'embeddings'
    end as operation,
    cast(api in ('ConverseStream', 'InvokeModelWithResponseStream') as varchar)
        as is_streamed,
    known(error_code) is null as is_success,
    true as is_from_provider,
    coalesce(known(upstream_ms), stream_ms) as upstream_ms,
    first_byte_ms as ttft_ms,
    coalesce(known(finish_reason), stream_stop) as finish_reason,
    true as is_cache_on_top,
    coalesce(
        known(cache_write_5m_tokens),
        json_extract_string(stream_writes, '/ephemeral_5m_input_tokens'),
        cast(list_sum([
            try_cast(json_extract_string(detail, '/inputTokens') as bigint)
            for detail in try_cast(cache_details as json[])
            if json_extract_string(detail, '/ttl') = '5m'
        ]) as varchar)
    ) as cache_write_5m_tokens,
    coalesce(
        known(cache_write_1h_tokens),
        json_extract_string(stream_writes, '/ephemeral_1h_input_tokens'),
        cast(list_sum([
            try_cast(json_extract_string(detail, '/inputTokens') as bigint)
            for detail in try_cast(cache_details as json[])
            if json_extract_string(detail, '/ttl') = '1h'
        ]) as varchar)
    ) as cache_write_1h_tokens,
    'provider_reported' as token_basis,
    -- A log group holds whatever its subscribers are sent.
    case
        when record like '{%' and schema is distinct from 'ModelInvocationLog'
            then 'not_an_invocation'
    end as ignored
from told
