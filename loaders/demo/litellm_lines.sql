-- Our own company's attempts as LiteLLM logs them, without its map of models.
create or replace temp table litellm_spelled as
select
    attempts.*,
    attempts.id as call_id,
    'litellm/' || world_date || '.ndjson.gz' as file,
    epoch_us(requested_at) as begun_us,
    -- A key of one team that LiteLLM has under another.
    case
        when is_disputed then 'team-security'
        else directory_team_id
    end as said_team_id
from attempts
where gateway = 'litellm' and is_in_litellm;

insert into lines
select
    file,
    'request',
    requested_at,
    call_id || attempt_no,
    false,
    cast(to_json({
        'id': case
            when not is_answered or operation = 'embeddings' then call_id
            when is_hit then 'chatcmpl-' || substr(call_id, 1, 12) || '_cache_hit' || begun_us / 1e6
            else 'chatcmpl-' || token(request_id, 'answer', 24)
        end,
        'litellm_call_id': call_id,
        'trace_id': token(id, 'trace', 32),
        'call_type': case operation
            when 'chat' then 'acompletion'
            when 'embeddings' then 'aembedding'
            else 'aimage_generation'
        end,
        'cache_hit': case when is_hit then true when is_answered then false end,
        'stream': case when is_streamed and is_answered then true end,
        'status': if(is_answered, 'success', 'failure'),
        'custom_llm_provider': litellm_provider,
        'startTime': begun_us / 1e6,
        'endTime': (begun_us + request_duration_us) / 1e6,
        'completionStartTime': (begun_us + coalesce(ttft_us, request_duration_us)) / 1e6,
        'model': litellm_provider || '/' || model,
        'model_group': model,
        'model_id': md5(model),
        'api_base': 'https://' || host || '/v1',
        'prompt_tokens': if(is_answered, prompt_tokens, 0),
        'completion_tokens': if(is_answered, output_count, 0),
        'total_tokens': if(is_answered, prompt_tokens + output_count, 0),
        'response_cost': cast(coalesce(usd(cost_pico), 0) as double),
        'zero_cost_diagnostic': if(
            is_answered and cost_pico is null, {'reason': 'model_not_in_cost_map'}, null
        ),
        'request_tags': [
            tag for tag in [
                'env:' || environment, 'User-Agent: ' || sdk_name,
                'debug:' || leaked,
                'contact ' || named_email
            ] if tag is not null
        ],
        'end_user': coalesce(end_user_id, ''),
        'user_agent': sdk_name || '/' || sdk_version,
        'requester_ip_address': client_ip,
        'error_information': {
            'error_code': if(status_code = 200, '', cast(status_code as varchar)),
            'error_class': case status_code
                when 200 then ''
                when 400 then 'BadRequestError'
                when 401 then 'AuthenticationError'
                when 404 then 'NotFoundError'
                when 429 then 'RateLimitError'
                when 499 then 'ClientDisconnected'
                when 503 then 'ServiceUnavailableError'
                else 'Timeout'
            end,
            'llm_provider': if(status_code in (200, 401, 499), '', litellm_provider)
        },
        'model_parameters': {'temperature': round(speed, 1), 'stream': is_streamed},
        'hidden_params': {
            'litellm_overhead_time_ms': gateway_us / 1000,
            'additional_headers': {
                'x-litellm-attempted-retries': case
                    when is_answered and not is_streamed
                        then if(is_fallback, 0, attempt_no - 1)
                end,
                'x-litellm-attempted-fallbacks': case
                    when is_answered and not is_streamed then if(is_fallback, 1, 0)
                end
            }
        },
        'metadata': {
            'user_api_key_hash': api_key_id,
            'user_api_key_user_id': developer_id,
            'user_api_key_team_id': said_team_id,
            'user_api_key_request_route': case operation
                when 'chat' then '/' || version || '/chat/completions'
                when 'embeddings' then '/v1/embeddings'
                else '/v1/images/generations'
            end,
            'usage_object': {
                'cache_read_input_tokens': if(is_answered, cache_read, null),
                'prompt_tokens_details': {'cached_tokens': if(is_answered, cache_read, null)},
                'completion_tokens_details': {'reasoning_tokens': reasoning_tokens}
            }
        }
    }) as varchar)
from litellm_spelled;
