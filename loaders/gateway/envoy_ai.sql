-- Envoy AI Gateway: input tokens hold the cached ones, for Anthropic too
-- (envoyproxy/ai-gateway#2290). `gen_ai.provider.name` is the path of a backend, not a
-- provider: it says which deployment served. Upstream time ends with the headers.
select
    * exclude (model_override, response_flags, response_code_details, retries)
    replace (
        coalesce(known(model_served), known(model_override)) as model_served
    ),
    case
        when nullif(response_flags, '-') is not null then response_flags
        when response_code_details <> 'via_upstream' then response_code_details
    end as error_code,
    -- A client that left: DC, or no answer begun at all.
    response_flags like '%DC%' or try_cast(status_code as int) = 0 as is_aborted,
    coalesce(response_code_details = 'via_upstream', false) as is_from_provider,
    -- Attempts, the first included.
    cast(try_cast(retries as bigint) - 1 as varchar) as attempted_retries
from fields
