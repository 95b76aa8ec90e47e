-- Langfuse: usage is a map of buckets that its writers name as they like, each token in
-- one of them, and `total`, which tells where that is not so. A longer map is none.
with read_out as (
    select
        *,
        json_of_text(
            coalesce(usage_text, usage_text_blob, usage_text_old)[:4096]
        ) as usage_map,
        json_of_text(coalesce(cost_text, cost_text_blob)[:4096]) as cost_map,
        json_of_text(coalesce(tags_text, trace_tags)[:4096]) as tag_list,
        instant(as_utc(requested_at), 'UTC') as began,
        instant(as_utc(first_token_at), 'UTC') as first_token,
        observation_type in ('GENERATION', 'EMBEDDING') as is_call
    from fields
),

-- `input_cached_tokens`, `prompt_details.cache_read`, `output_reasoning_tokens` …
listed as (
    select
        *,
        [
            {
                'count': whole_number(json_extract_string(usage_map, json_pointer_of(key))),
                'text': known(json_extract_string(usage_map, json_pointer_of(key))),
                'kind': bucket_of(lower(key))
            }
            for key in json_keys(usage_map)[:64]
            -- Older servers put the unit and the cost beside the counts.
            if is_call and lower(key) <> 'unit' and not contains(lower(key), 'cost')
        ] as buckets
    from read_out
),

counted as (
    select
        *,
        len([1 for b in buckets if b.text is not null and coalesce(b.count, -1) < 0]) > 0
            as is_damaged,
        list_max([b.count for b in buckets if b.kind = 'total']) as total,
        list_max([b.count for b in buckets if b.kind = 'input']) as input_base,
        list_max([b.count for b in buckets if b.kind = 'cache_read']) as cache_read,
        list_max([b.count for b in buckets if b.kind = 'cache_write']) as write_any,
        list_max([b.count for b in buckets if b.kind = 'cache_write_5m']) as write_5m,
        list_max([b.count for b in buckets if b.kind = 'cache_write_1h']) as write_1h,
        list_max([b.count for b in buckets if b.kind = 'audio_input']) as audio_input,
        list_max([b.count for b in buckets if b.kind = 'image_input']) as image_input,
        list_sum([b.count for b in buckets if b.kind = 'more_input']) as more_input,
        list_max([b.count for b in buckets if b.kind = 'output']) as output_base,
        list_max([b.count for b in buckets if b.kind = 'reasoning']) as reasoning,
        list_max([b.count for b in buckets if b.kind = 'audio_output']) as audio_output,
        list_sum([b.count for b in buckets if b.kind = 'more_output']) as more_output
    from listed
),

summed as (
    select
        *,
        case
            when coalesce(write_5m, write_1h) is null then write_any
            -- The whole beside its parts, or a third part.
            when write_any = coalesce(write_5m, 0) + coalesce(write_1h, 0) then write_any
            else coalesce(write_any, 0) + coalesce(write_5m, 0) + coalesce(write_1h, 0)
        end as cache_write,
        coalesce(audio_input, 0) + coalesce(image_input, 0) + coalesce(more_input, 0)
            as input_parts,
        coalesce(reasoning, 0) + coalesce(audio_output, 0) + coalesce(more_output, 0)
            as output_parts
    from counted
),

sided as (
    select
        *,
        coalesce(cache_read, 0) + coalesce(cache_write, 0) as cached,
        coalesce(input_base, 0) + input_parts + coalesce(cache_read, 0)
        + coalesce(cache_write, 0) as input_sum,
        coalesce(output_base, 0) + output_parts as output_sum
    from summed
),

-- Which sides hold their parts inside, as the total tells. What it holds beyond all
-- buckets is what Gemini thought.
judged as (
    select
        *,
        case
            when total is null or total = input_sum + output_sum then 'neither'
            when total = input_sum + output_base then 'output'
            when total = input_base + output_sum then 'input'
            when total = input_base + output_base then 'both'
            when total > input_sum + output_sum and contains(lower(model_served), 'gemini')
                then 'thought'
            else 'unclear'
        end as inside
    from sided
)

select
    * exclude (
        is_empty, refused, observation_type, first_token_at, level, status_message,
        status_message_blob, usage_text, usage_text_blob, usage_text_old, cost_text, cost_text_blob,
        total_cost, params_text, params_text_blob, tags_text, trace_tags, usage_map,
        cost_map, tag_list, began, first_token, is_call, buckets, is_damaged, total,
        input_base, cache_read, write_any, write_5m, write_1h, audio_input, image_input,
        more_input, output_base, reasoning, audio_output, more_output, cache_write,
        input_parts, output_parts, cached, input_sum, output_sum, inside
    )
    replace (
        as_utc(requested_at) as requested_at,
        as_utc(completed_at) as completed_at,
        as_utc(source_updated_at) as source_updated_at
    ),
    case observation_type when 'GENERATION' then 'chat' when 'EMBEDDING' then 'embeddings' end
        as operation,
    us_between(began, first_token) as ttft_us,
    case when first_token is not null then true end as is_streamed,
    case when level = 'ERROR' then false end as is_success,
    nullif(regexp_extract(
        coalesce(status_message, status_message_blob), '^Error code: ([1-5][0-9]{2})\b', 1
    ), '') as status_code,
    true as is_from_provider,

    case
        when inside in ('input', 'both') then input_base
        when coalesce(input_base, cache_read, cache_write) is not null or input_parts > 0
            then coalesce(input_base, 0) + input_parts
    end as input_tokens,
    inside not in ('input', 'both') as is_cache_on_top,
    cache_read as cache_read_tokens,
    cache_write as cache_write_tokens,
    write_5m as cache_write_5m_tokens,
    write_1h as cache_write_1h_tokens,
    case
        when inside = 'thought' then total - input_sum
        when inside in ('output', 'both') then output_base
        when output_base is not null or output_parts > 0 then output_sum
        -- An embedding, whose total says that there was no more.
        when total = input_sum then 0
    end as output_tokens,
    case
        when inside = 'thought' then total - input_sum - output_sum + coalesce(reasoning, 0)
        else reasoning
    end as reasoning_tokens,
    audio_input as audio_input_tokens,
    audio_output as audio_output_tokens,
    image_input as image_input_tokens,
    case when inside = 'unclear' then 'estimated' end as token_basis,

    -- A cost of nothing is what Langfuse writes where it knows no price.
    coalesce(
        case
            when try_cast(json_extract_string(cost_map, '$.total') as double) = 0 then null
            else known(json_extract_string(cost_map, '$.total'))
        end,
        case when try_cast(total_cost as double) <> 0 then total_cost end
    ) as logged_cost_usd,
    [
        known(json_extract_string(each, '$')) for each in json_extract(tag_list, '$[*]')
        if known(json_extract_string(each, '$')) is not null
    ][:32] as tags,
    json_of_text(coalesce(params_text, params_text_blob)) as params,
    case
        when is_empty is not null then 'no_observations'
        when observation_type is not null and not is_call then 'not_a_model_call'
    end as ignored,
    case
        when csv_refusal(refused) is not null then refused
        when is_damaged then 'not_a_count:usageDetails'
    end as problem
from judged
