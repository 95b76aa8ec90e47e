{%- set dimensions = usage_dimensions() -%}

with metered as (
    select * from {{ ref('int_attempts_metered') }}
),

-- Classes are disjoint: what is priced apart is taken out of what it lies in, so that
-- the classes of the input that was not cached still sum to that meter.
summed as (
    select
        {% for name in dimensions -%}
            {{ name }},
        {% endfor -%}
        cast(count(*) as bigint) as attempt_count,
        cast(sum(
            case when is_billable and token_basis = 'missing' then 1 else 0 end
        ) as bigint) as unmeasured_attempt_count,
        cast(sum(logged_cost_usd) as decimal(38, 12)) as logged_cost_usd,
        cast(sum(
            input_uncached_tokens - uncached_audio_tokens - uncached_image_tokens
        ) as bigint) as input_uncached_tokens,
        cast(sum(uncached_audio_tokens) as bigint) as audio_input_tokens,
        cast(sum(uncached_image_tokens) as bigint) as image_input_tokens,
        cast(sum(cache_read_tokens - cached_audio_tokens) as bigint)
            as cache_read_tokens,
        cast(sum(cached_audio_tokens) as bigint) as cache_read_audio_tokens,
        cast(sum(cache_write_5m_tokens) as bigint) as cache_write_5m_tokens,
        cast(sum(cache_write_1h_tokens) as bigint) as cache_write_1h_tokens,
        cast(sum(cache_write_other_tokens) as bigint) as cache_write_other_tokens,
        cast(sum(
            output_tokens - spoken_output_tokens - written_reasoning_tokens
        ) as bigint) as output_tokens,
        cast(sum(spoken_output_tokens) as bigint) as audio_output_tokens,
        cast(sum(written_reasoning_tokens) as bigint) as reasoning_tokens,
        cast(sum(image_units) as bigint) as image_units,
        cast(sum(web_search_calls) as bigint) as web_search_calls,
        cast(sum(case when is_request_priced then 1 end) as bigint) as requests,
        event_date
    from metered
    group by
        {% for name in dimensions -%}
            {{ name }},
        {% endfor -%}
        event_date
)

select * from summed
