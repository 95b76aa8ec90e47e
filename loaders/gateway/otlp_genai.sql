-- Spans of OpenTelemetry's GenAI conventions, their names old and new. Whether the input
-- holds the cached tokens depends on who wrote the span (otlp_genai_scopes.csv); where
-- nobody knows, it does, as the conventions say, unless the cache is larger.
with ruled as (
    select
        *,
        list_filter($rules, lambda rule:
            rule.scope = fields.scope
            and coalesce(
                version_numbers(scope_version) >= version_numbers(rule.since),
                rule.since is null
            )
            and coalesce(
                version_numbers(scope_version) < version_numbers(rule.before),
                rule.before is null
            )
        )[1] as rule,
        lower(said_operation) as operation_word,
        regexp_extract(error_code, '[^.:/]+$') as error_word,
        nullif(regexp_extract(
            concat_ws(' ', http_status, error_code, message_status),
            '(^| )([1-5][0-9]{2})( |$)', 2
        ), '') as status_code,
        json_of_repr(usage_repr) as usage_json,
        coalesce(span_status in ('2', 'STATUS_CODE_ERROR'), false)
        or known(error_code) is not null as is_error
    from fields
),

judged as (
    select
        *,
        case when is_error then error_type_of_code(error_word) end as error_known,
        coalesce(
            case
                when operation_word in (
                    'acompletion', 'completion', 'anthropic_messages', 'aresponses',
                    'responses', 'messages'
                ) then 'chat'
                when operation_word in ('aembedding', 'embedding') then 'embeddings'
                when operation_word = 'atext_completion' then 'text_completion'
                when operation_word = 'arerank' then 'rerank'
                else known(operation_word)
            end,
            case coalesce(upper(span_kind), request_type)
                when 'LLM' then 'chat'
                when 'EMBEDDING' then 'embeddings'
                when 'RERANKER' then 'rerank'
                when 'chat' then 'chat'
                when 'completion' then 'text_completion'
                when 'embedding' then 'embeddings'
                when 'rerank' then 'rerank'
            end
        ) as operation,
        whole_number(cache_read_tokens) as cache_read,
        whole_number(cache_write_tokens) as cache_write
    from ruled
)

select
    * exclude (
        batch, logs, metrics, span_id, span_name, ended_at_ns, span_status, scope,
        scope_version, said_operation, span_kind, request_type, http_status,
        message_status, error_provider, finish_reasons, usage_repr, temperature, top_p,
        top_k, frequency_penalty, presence_penalty, max_tokens, choices, seed, rule,
        operation_word, error_word, usage_json, is_error, error_known,
        cache_read, cache_write
    )
    replace (
        coalesce(
            known(finish_reason),
            case
                when json_valid(finish_reasons)
                    then json_extract_string(finish_reasons, '$[0]')
            end,
            finish_reasons
        ) as finish_reason,
        nullif(provider_response_id, logical_request_id) as provider_response_id
    ),
    trace_id || ':' || span_id as request_id,
    case
        when try_cast(ended_at_ns as bigint) >= try_cast(requested_at_ns as bigint)
            and try_cast(requested_at_ns as bigint) > 0
            then cast(
                try_cast(ended_at_ns as bigint) - try_cast(requested_at_ns as bigint)
                as varchar
            )
    end as request_duration_ns,
    error_known as error_type,
    case when error_known = 'aborted' then true end as is_aborted,
    case
        when is_error then false
        when span_status in ('1', 'STATUS_CODE_OK') then true
    end as is_success,
    scope is distinct from 'litellm' or known(error_provider) is not null
        as is_from_provider,
    case
        when json_valid(usage_json) and usage_json like '%"prompt_tokens":%'
            then usage_json
    end as usage,
    case
        when whole_number(input_tokens)
            < coalesce(cache_read, 0) + coalesce(cache_write, 0) then true
        else coalesce(rule.cache = 'on top', false)
    end as is_cache_on_top,
    -- A client that left early makes an estimate of it.
    case when status_code is distinct from '499' then rule.basis end as token_basis,
    cast(json_merge_patch('{}', json_object(
        'temperature', finite(try_cast(temperature as double)),
        'top_p', finite(try_cast(top_p as double)),
        'top_k', finite(try_cast(top_k as double)),
        'frequency_penalty', finite(try_cast(frequency_penalty as double)),
        'presence_penalty', finite(try_cast(presence_penalty as double)),
        'max_tokens', try_cast(max_tokens as bigint),
        'n', try_cast(choices as bigint),
        'seed', try_cast(seed as bigint)
    )) as varchar) as params,
    left(concat_ws('/', scope, scope_version), 192) as source_version,
    -- Spans of agents and tools add up the usage of the calls below them; LiteLLM writes
    -- three spans of each call.
    case
        when batch is not null then 'no_spans'
        when logs is not null or metrics is not null then 'not_a_trace'
        when scope is null and span_name is null and requested_at_ns is null then null
        when scope = 'litellm' and span_name = 'litellm_request' then null
        when scope = 'litellm' then 'not_a_model_call'
        when operation in (
            'chat', 'text_completion', 'generate_content', 'embeddings', 'rerank',
            'image_generation', 'transcription', 'speech'
        ) then null
        when operation in (
            'invoke_agent', 'create_agent', 'execute_tool', 'invoke_workflow',
            'retrieval', 'plan', 'memory'
        ) then 'not_a_model_call'
        when provider is null
            or coalesce(
                model_requested, model_served, input_tokens, output_tokens
            ) is null then 'not_a_model_call'
        when operation is not null or span_kind is not null then 'unknown_operation'
    end as ignored
from judged
