-- Helicone: cached tokens were taken out of the prompt's, and those of reasoning, since
-- there is a column for them, out of the completion's. Counters that are unknown are
-- null or -1, and all 0 where a call failed. The table has its cost in billionths of a
-- dollar, the API in dollars.
with told as (
    select
        * exclude (cost, cost_usd, target_url, request_path)
        replace (
            nullif(input_tokens, '-1') as input_tokens,
            nullif(output_tokens, '-1') as output_tokens
        ),
        coalesce(known(response_status), table_status) as status,
        coalesce(known(target_url), request_path) as url,
        coalesce(known(cost_usd), case
            when known(table_status) is not null and known(response_status) is null
                then coalesce(cast(
                    try_cast(cost as decimal(20, 0))
                    * cast(0.000000001 as decimal(10, 9)) as varchar
                ), cost)
            else cost
        end) as logged_cost_usd,
        not (
            is_unsaid(nullif(input_tokens, '-1'))
            and is_unsaid(nullif(output_tokens, '-1'))
        ) as has_tokens
    from fields
)

select
    record, request_id, requested_at, completed_at, source_updated_at,
    organization_id, api_key_id, end_user_id, team_id, project_id, application_id,
    environment, country, prompt_template_id, model_requested, model_served,
    lower(provider) as provider,
    regexp_extract(url, '^https?://([^/?#]+)', 1) as upstream_host,
    regexp_replace(url, '^https?://[^/?#]*|[?#].*$', '', 'g') as path,
    case when request_duration_ms not like '-%' then request_duration_ms end
        as request_duration_ms,
    case when ttft_ms <> '0' and ttft_ms not like '-%' then ttft_ms end as ttft_ms,
    case when status not like '-%' then status end as status_code,
    -- Below zero are Helicone's own words: timed out, under way, cancelled, a threat.
    case status when '-1' then 'timeout' when '-4' then 'threat_detected' end
        as error_code,
    status = '-3' as is_aborted,
    case when status in ('-1', '-4') then false end as is_success,
    case
        when cache_reference = '00000000-0000-0000-0000-000000000000' then 'false'
        when known(cache_reference) is not null then 'true'
    end as is_gateway_cache_hit,
    true as is_cache_on_top,
    true as is_reasoning_on_top,
    case when has_tokens then input_tokens end as input_tokens,
    case when has_tokens then nullif(cache_read_tokens, '-1') end
        as cache_read_tokens,
    case when has_tokens then nullif(cache_write_tokens, '-1') end
        as cache_write_tokens,
    case when has_tokens then output_tokens end as output_tokens,
    -- Columns of the table that begin at 0.
    nullif(nullif(reasoning_tokens, '0'), '-1') as reasoning_tokens,
    nullif(nullif(audio_input_tokens, '0'), '-1') as audio_input_tokens,
    nullif(nullif(audio_output_tokens, '0'), '-1') as audio_output_tokens,
    case when has_tokens or not is_unsaid(logged_cost_usd) then logged_cost_usd end
        as logged_cost_usd,
    case when json_type(record, '/data') = 'ARRAY' then 'empty_answer' end as ignored
from told
