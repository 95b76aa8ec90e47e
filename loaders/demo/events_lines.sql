-- The customers' attempts as the `events` format spells them.
create or replace temp table spelled as
select
    attempts.*,
    attempts.id as logical_request_id,
    deliveries.file,
    deliveries.is_shuffled,
    if(operation = 'chat' and version = 'v2' and provider = 'openai', 'responses', provider)
        as shape,
    prompt_tokens - cache_write as without_writes
from attempts
inner join deliveries using (region, hour_at)
where gateway = 'events';

insert into lines
select
    file,
    'request',
    requested_at,
    request_id,
    is_shuffled,
    cast(to_json({
        'event_type': 'api_request',
        'event_time': iso_time(requested_at),
        'request_id': request_id,
        'logical_request_id': logical_request_id,
        'idempotency_key': if(
            attempt_count > 1, 'idem-' || substr(logical_request_id, 1, 12), null
        ),
        'trace_id': if(
            leaked is not null and speed < 0.3, leaked, 'trace-' || substr(reverse(id), 5)
        ),
        'provider_response_id': if(
            status_code = 200 and not is_hit, 'resp-' || substr(reverse(request_id), 1, 20), null
        ),
        'client_sent_at': if(
            sdk_name = 'curl', null,
            iso_time(
                requested_at + interval (skew_hours) hour
                - interval (gateway_us // 4) microsecond
            )
        ),
        'source_version': if(world_date < '2026-05-01', '4.11.2', '4.12.0'),
        'consumer': {
            'api_key_id': api_key_id,
            'organization_id': if(number % 4 = 0, null, organization_id),
            'plan_id': if(number % 2 = 0, null, plan_id),
            'application_id': if(number % 5 = 0, null, application_id),
            'developer_id': if(number % 6 = 0, null, developer_id),
            'end_user_id': end_user_id
        },
        'api': {
            'service': 'inference',
            'endpoint': case operation
                when 'chat' then '/' || version || '/chat/completions'
                when 'embeddings' then '/v1/embeddings'
                else '/v1/images/generations'
            end,
            'method': 'POST',
            'version': if(operation = 'chat', version, 'v1'),
            'operation': operation,
            'environment': environment,
            'job_type': if(is_batch_job, 'batch', 'interactive')
        },
        'model': {
            'provider': provider,
            'requested': if(is_fallback, first_model, model),
            'served': if(is_answered, model, null),
            'upstream_host': host,
            'provider_account': if(
                is_answered and provider = 'openai', 'acct-openai', null
            ),
            'fallback_from': fallback_from_model,
            'retry_reason': case
                when attempt_no > 1 and not is_fallback
                    then if(story = 'rate_retried', 'rate_limit', 'upstream')
            end
        },
        'attempts': {
            'retries': if(is_fallback, 0, attempt_no - 1),
            'fallbacks': if(is_fallback, 1, 0)
        },
        'network': {
            'client_ip': client_ip,
            'region': region,
            'pop': pop,
            'asn': 64496 + number % 15,
            'country': country,
            'network_type': network_type,
            'sdk_name': sdk_name,
            'sdk_version': sdk_version,
            'runtime': case sdk_name
                when 'openai-node' then 'node 22'
                when 'curl' then null
                else 'python 3.12'
            end
        },
        'timings': {
            'request_duration_ms': request_duration_us / 1000,
            'upstream_ms': if(
                status_code in (400, 401) or story = 'over_quota', null, upstream_us / 1000
            ),
            'gateway_ms': gateway_us / 1000,
            'ttft_ms': ttft_us / 1000
        },
        'result': {
            'status_code': status_code,
            -- A gateway of one's own knows a quota from a rate limit; the rest is told
            -- by the status.
            'error_type': if(
                error_type in ('quota', 'upstream') or speed < 0.5, error_type, null
            ),
            'error_code': error_code,
            'finish_reason': if(status_code = 200 and operation = 'chat', 'stop', null),
            'is_streamed': is_streamed,
            'is_aborted': if(status_code = 499, true, null),
            'cache': {'hit': is_hit, 'status': if(is_hit, 'hit', 'miss')}
        },
        -- Most gateways pass the provider's own words on; some count for themselves.
        'usage': case
            when not is_answered then null
            when says_meters then to_json({
                'input_uncached_tokens': input_uncached_tokens,
                'cache_read_tokens': cache_read_tokens,
                'cache_write_5m_tokens': cache_write_5m_tokens,
                'cache_write_1h_tokens': cache_write_1h_tokens,
                'cache_write_other_tokens': cache_write_other_tokens,
                'output_tokens': output_tokens,
                'reasoning_tokens': reasoning_tokens,
                'image_units': image_units,
                'token_basis': if(status_code = 499 and speed < 0.5, token_basis, null),
                'logged_cost_usd': cast(usd(cost_pico) as varchar)
            })
            else to_json({
                'raw': case shape
                when 'responses' then json_object(
                    'input_tokens', prompt_tokens,
                    'input_tokens_details', json_object('cached_tokens', cache_read),
                    'output_tokens', output_count,
                    'output_tokens_details',
                    json_object('reasoning_tokens', reasoning_tokens),
                    'total_tokens', prompt_tokens + output_count
                )
                when 'anthropic' then json_object(
                    'input_tokens', input_uncached_tokens,
                    'cache_creation_input_tokens', cache_write,
                    'cache_read_input_tokens', cache_read,
                    'cache_creation', json_object(
                        'ephemeral_5m_input_tokens', cache_write_5m_tokens,
                        'ephemeral_1h_input_tokens', cache_write_1h_tokens
                    ),
                    'output_tokens', output_count,
                    'service_tier', 'standard'
                )
                when 'gcp.gemini' then json_object(
                    'promptTokenCount', prompt_tokens,
                    'candidatesTokenCount', output_count - reasoning_tokens,
                    'thoughtsTokenCount', reasoning_tokens,
                    'cachedContentTokenCount', cache_read,
                    'totalTokenCount', prompt_tokens + output_count
                )
                when 'aws.bedrock' then json_object(
                    'inputTokens', input_uncached_tokens,
                    'outputTokens', output_count,
                    'totalTokens', prompt_tokens + output_count,
                    'cacheReadInputTokens', cache_read,
                    'cacheWriteInputTokens', cache_write
                )
                else json_object(
                    'prompt_tokens', prompt_tokens,
                    'completion_tokens', output_count,
                    'total_tokens', prompt_tokens + output_count,
                    'prompt_tokens_details', json_object('cached_tokens', cache_read),
                    'completion_tokens_details',
                    json_object('reasoning_tokens', reasoning_tokens)
                )
                end,
                'logged_cost_usd': cast(usd(cost_pico) as varchar)
            })
        end,
        'quota': {
            'bucket': quota_bucket,
            'consumed': if(story = 'over_quota', 0, 1),
            'limit': daily_limit,
            'remaining': greatest(0, daily_limit - request_of_day)
        },
        'flags': {
            'experiment': experiment_seen,
            'variant': if(experiment_seen is null, null, variant),
            'new_console': number % 2 = 0
        },
        'tags': [
            tag for tag in [
                usual_tag,
                if(speed >= 0.3, 'debug:' || leaked, null),
                'contact ' || named_email
            ] if tag is not null
        ],
        'params': {'temperature': round(speed, 1), 'max_tokens': 4096}
    }) as varchar)
from spelled;
