-- An hour that does not add up to its day would be charged to nobody, or twice.
{% set counts = [
    'attempt_count', 'owner_disputed_count', 'logical_request_count', 'succeeded_count',
] %}
{% set meters = [
    'input_uncached_tokens', 'cache_read_tokens', 'cache_write_5m_tokens',
    'cache_write_1h_tokens', 'cache_write_other_tokens', 'output_tokens',
    'reasoning_tokens', 'audio_input_tokens', 'cache_read_audio_tokens',
    'audio_output_tokens', 'image_input_tokens', 'image_units', 'web_search_calls',
    'request_bytes', 'response_bytes', 'input_items', 'logged_cost_usd',
] %}
with counted as (
    select
        event_date,
        {% for meter in meters %}
            {{ meter }},
        {% endfor %}
        1 as attempt_count,
        case when is_owner_disputed then 1 else 0 end as owner_disputed_count,
        0 as logical_request_count,
        0 as succeeded_count
    from {{ ref('fct_attempts') }}
    where is_counted
    union all
    select
        event_date,
        {% for meter in meters %}
            null as {{ meter }},
        {% endfor %}
        0 as attempt_count,
        0 as owner_disputed_count,
        1 as logical_request_count,
        case when outcome = 'succeeded' then 1 else 0 end as succeeded_count
    from {{ ref('fct_logical_requests') }}
    union all
    select
        event_date,
        {% for meter in meters %}
            -{{ meter }} as {{ meter }},
        {% endfor %}
        -attempt_count as attempt_count,
        -owner_disputed_count as owner_disputed_count,
        -logical_request_count as logical_request_count,
        -succeeded_count as succeeded_count
    from {{ ref('agg_usage_hourly') }}
)

select event_date
from counted
where {{ audited_days('event_date') }}
group by event_date
having
    false
    {% for measure in counts + meters %}
        or coalesce(sum({{ measure }}), 0) <> 0
    {% endfor %}
