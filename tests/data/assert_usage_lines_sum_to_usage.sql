-- Where a token class is lost or counted twice between the hours and the lines of a
-- day, what it costs is wrong, and no bill can tie.
with hours as (
    select
        event_date,
        sum(input_uncached_tokens) as input_uncached_tokens,
        sum(cache_read_tokens) as cache_read_tokens,
        sum(cache_write_5m_tokens) as cache_write_5m_tokens,
        sum(cache_write_1h_tokens) as cache_write_1h_tokens,
        sum(cache_write_other_tokens) as cache_write_other_tokens,
        sum(output_tokens) as output_tokens,
        sum(image_units) as image_units,
        sum(web_search_calls) as web_search_calls
    from {{ ref('agg_usage_hourly') }}
    where {{ audited_days('event_date') }}
    group by event_date
),

-- A class that is priced apart is part of the meter that it lies in.
lines as (
    select
        event_date,
        case
            when token_class in ('audio_input_tokens', 'image_input_tokens')
                then 'input_uncached_tokens'
            when token_class = 'cache_read_audio_tokens' then 'cache_read_tokens'
            when token_class in ('audio_output_tokens', 'reasoning_tokens')
                then 'output_tokens'
            else token_class
        end as meter,
        sum(quantity) as quantity
    from {{ ref('fct_usage_lines') }}
    where {{ audited_days('event_date') }} and token_class <> 'requests'
    group by event_date, meter
),

metered as (
    {% for meter in [
        'input_uncached_tokens', 'cache_read_tokens', 'cache_write_5m_tokens',
        'cache_write_1h_tokens', 'cache_write_other_tokens', 'output_tokens',
        'image_units', 'web_search_calls',
    ] %}
        select
            event_date,
            '{{ meter }}' as meter,
            {{ meter }} as quantity
        from hours
        where {{ meter }} > 0
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    metered.event_date,
    lines.event_date as line_date,
    metered.meter,
    lines.meter as line_meter,
    metered.quantity as hours_quantity,
    lines.quantity as lines_quantity
from metered
full outer join lines
    on metered.event_date = lines.event_date and metered.meter = lines.meter
where
    metered.quantity is null
    or lines.quantity is null
    or metered.quantity <> lines.quantity
