-- Azure API Management: a request is told twice, in GatewayLogs (who, status, times) and
-- in GatewayLlmLogs (model, tokens); both halves have its correlation id.
with told as (
    select
        *,
        coalesce(
            category ilike '%llmlog%',
            coalesce(known(prompt_tokens), deployment_id, sequence_number) is not null
        ) as is_llm,
        category is null or regexp_matches(category, '(?i)gateway(llm)?logs?$')
            as is_of_gateway,
        whole_number(prompt_tokens) as prompt_count,
        whole_number(cached_tokens) as cached_count,
        -- No call has an empty prompt: zeros are defaults.
        coalesce(whole_number(prompt_tokens), 0) = 0
        and coalesce(whole_number(completion_tokens), 0) = 0
        and coalesce(whole_number(said_total_tokens), 0) = 0
        and coalesce(known(prompt_tokens), '0') in ('0', '0.0')
        and coalesce(known(completion_tokens), '0') in ('0', '0.0') as has_no_tokens
    from fields
)

select
    * exclude (
        is_empty, category, response_code, prompt_tokens, sequence_number, total_ms,
        backend_ms, url, backend_url, backend_code, cached_tokens, completion_tokens,
        said_total_tokens, is_llm, is_of_gateway, prompt_count,
        cached_count, has_no_tokens
    )
    replace (boolean_of(is_success) as is_success),
    deployment_id as model_requested,
    case when try_cast(total_ms as double) >= 0 then total_ms end as request_duration_ms,
    case when try_cast(backend_ms as double) >= 0 then backend_ms end as upstream_ms,
    response_code as status_code,
    regexp_extract(url, '^(?:https?://[^/]+)?(/[^?#]*)', 1) as path,
    regexp_extract(backend_url, '^https?://([^/:?#]+)', 1) as upstream_host,
    case
        when backend_url ilike 'https://%.openai.azure.com%' then 'azure.ai.openai'
        when backend_url ilike 'https://%.services.ai.azure.com%' then 'azure.ai.inference'
    end as provider,
    try_cast(backend_code as int) >= 400 as is_from_provider,
    case
        when error_code = 'ClientConnectionFailure' or response_code = '0' then true
    end as is_aborted,

    case when not has_no_tokens then prompt_tokens end as input_tokens,
    case when not has_no_tokens then cached_tokens end as cache_read_tokens,
    -- Anthropic's input is told without what its cache served, OpenAI's with it.
    cached_count > prompt_count or coalesce(model_served ilike '%claude%', false)
        as is_cache_on_top,
    case when not has_no_tokens then completion_tokens end as output_tokens,
    -- Of a stream the gateway counts tokens itself.
    case
        when is_llm and boolean_of(is_streamed) then 'estimated'
        when is_llm then 'provider_reported'
    end as token_basis,
    case
        when is_empty is not null then 'no_records'
        when not is_of_gateway then 'other_category'
        when is_llm and known(deployment_id) is null and has_no_tokens
            then 'split_message'
    end as ignored
from told
