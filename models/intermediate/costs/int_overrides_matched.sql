{{ config(materialized='view') }}

with usage_lines as (
    select * from {{ ref('fct_usage_lines') }}
),

overrides as (
    select * from {{ ref('int_price_overrides_known') }}
),

-- The closest to the line wins; of those as close, what was learnt last.
matched as (
    select
        usage_lines.usage_line_id,
        usage_lines.event_date,
        overrides.override_id,
        overrides.contract_id,
        overrides.unit_price_usd,
        overrides.discount_factor,
        row_number() over (
            partition by usage_lines.event_date, usage_lines.usage_line_id
            order by
                overrides.specificity desc,
                overrides.known_from desc nulls last,
                overrides.valid_from desc,
                overrides.override_id asc
        ) as preference_no
    from usage_lines
    inner join overrides
        on
            usage_lines.provider_id = overrides.provider_id
            and (
                overrides.model_id is null
                or usage_lines.price_model_id = overrides.model_id
                or usage_lines.model_name = overrides.model_id
            )
            and coalesce(overrides.token_class, usage_lines.token_class)
            = usage_lines.token_class
            and coalesce(overrides.processing_tier, usage_lines.processing_tier)
            = usage_lines.processing_tier
            and coalesce(overrides.gateway, usage_lines.gateway) = usage_lines.gateway
            and usage_lines.event_date >= overrides.valid_from
            and usage_lines.event_date < overrides.valid_before
)

select * from matched
where preference_no = 1
