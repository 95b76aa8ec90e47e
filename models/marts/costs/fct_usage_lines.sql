{%- set token_classes = [
    'input_uncached_tokens', 'audio_input_tokens', 'image_input_tokens',
    'cache_read_tokens', 'cache_read_audio_tokens', 'cache_write_5m_tokens',
    'cache_write_1h_tokens', 'cache_write_other_tokens', 'output_tokens',
    'audio_output_tokens', 'reasoning_tokens', 'image_units', 'web_search_calls',
    'requests',
] -%}

with usage_daily as (
    select * from {{ ref('int_usage_daily') }}
),

token_classes as (
    {% for name in token_classes -%}
        select '{{ name }}' as token_class
        {% if not loop.last %}union all{% endif %}
    {% endfor -%}
),

lined as (
    select
        usage_daily.*,
        token_classes.token_class,
        case token_classes.token_class
            {% for name in token_classes -%}
                when '{{ name }}' then usage_daily.{{ name }}
            {% endfor -%}
        end as quantity
    from usage_daily
    cross join token_classes
),

lines as (
    select
        -- No two lines run together, whatever names hold.
        md5(concat_ws(
            '|1',
            {% for name in usage_dimensions() -%}
                coalesce(replace(cast({{ name }} as string), '|', '||'), '|0'),
            {% endfor -%}
            cast(event_date as string),
            token_class
        )) as usage_line_id,
        gateway,
        provider,
        model_name,
        provider_id,
        price_provider_id,
        price_model_id,
        model_basis,
        token_class,
        processing_tier,
        context_tier_tokens,
        day_part_start_minute,
        token_basis,
        attempt_kind,
        attempt_outcome,
        api_key_id,
        developer_id,
        application_id,
        project_id,
        team_id,
        organization_id,
        cost_center_id,
        plan_id,
        environment,
        endpoint,
        prompt_template_id,
        is_gateway_cache_hit,
        is_billable,
        quantity,
        event_date
    from lined
    where quantity > 0
)

select * from lines
