{%- set dimensions = [
    'gateway', 'api_key_id', 'developer_id', 'application_id', 'project_id', 'team_id',
    'organization_id', 'cost_center_id', 'plan_id', 'environment', 'endpoint',
    'provider', 'provider_id', 'model_name', 'price_model_id',
] -%}

with cost_lines as (
    select * from {{ ref('fct_cost_lines') }}
),

usage_daily as (
    select * from {{ ref('int_usage_daily') }}
),

-- Attempts and what the gateway logged are counted once, beside lines by token class.
counted as (
    select
        {% for name in dimensions -%}
            {{ name }},
        {% endfor -%}
        attempt_count,
        unmeasured_attempt_count,
        logged_cost_usd,
        cast(null as string) as token_class,
        cast(null as bigint) as quantity,
        false as is_input,
        false as is_output,
        is_billable,
        false as is_unpriced,
        cast(null as decimal(38, 12)) as rated_list_cost_usd,
        cast(null as decimal(38, 12)) as rated_cost_usd,
        cast(null as decimal(38, 12)) as gateway_cache_saved_usd,
        cast(null as decimal(38, 12)) as prompt_cache_saved_usd,
        event_date
    from usage_daily
    union all
    select
        {% for name in dimensions -%}
            {{ name }},
        {% endfor -%}
        0 as attempt_count,
        0 as unmeasured_attempt_count,
        cast(null as decimal(38, 12)) as logged_cost_usd,
        token_class,
        quantity,
        token_class like 'input_%'
        or token_class like 'cache_%'
        or token_class in ('audio_input_tokens', 'image_input_tokens') as is_input,
        token_class in ('output_tokens', 'audio_output_tokens', 'reasoning_tokens')
            as is_output,
        is_billable,
        is_billable and unit_price_usd is null as is_unpriced,
        rated_list_cost_usd,
        rated_cost_usd,
        gateway_cache_saved_usd,
        prompt_cache_saved_usd,
        event_date
    from cost_lines
),

summed as (
    select
        {% for name in dimensions -%}
            {{ name }},
        {% endfor -%}
        cast(sum(attempt_count) as bigint) as attempt_count,
        cast(sum(unmeasured_attempt_count) as bigint) as unmeasured_attempt_count,
        -- What was bought; an answer from the gateway's own cache was not.
        cast(sum(
            case when is_input and is_billable then quantity when is_input then 0 end
        ) as bigint) as input_tokens,
        cast(sum(
            case
                when token_class like 'cache_read%' and is_billable then quantity
                when is_input then 0
            end
        ) as bigint) as cache_read_tokens,
        cast(sum(
            case when is_output and is_billable then quantity when is_output then 0 end
        ) as bigint) as output_tokens,
        cast(coalesce(sum(
            case when is_unpriced then quantity end
        ), 0) as bigint) as unpriced_quantity,
        cast(sum(logged_cost_usd) as decimal(38, 12)) as logged_cost_usd,
        -- What failed throughout is known to cost nothing.
        {% for name in ['rated_list_cost_usd', 'rated_cost_usd'] -%}
            cast(
                coalesce(
                    sum({{ name }}),
                    case
                        when
                            sum(unmeasured_attempt_count) = 0
                            and sum(case when is_unpriced then 1 else 0 end) = 0
                            then cast(0 as decimal(38, 12))
                    end
                ) as decimal(38, 12)
            ) as {{ name }},
        {% endfor -%}
        cast(sum(gateway_cache_saved_usd) as decimal(38, 12))
            as gateway_cache_saved_usd,
        cast(sum(prompt_cache_saved_usd) as decimal(38, 12)) as prompt_cache_saved_usd,
        event_date
    from counted
    group by
        {% for name in dimensions -%}
            {{ name }},
        {% endfor -%}
        event_date
)

select * from summed
