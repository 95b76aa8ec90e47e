with cost_lines as (
    select * from {{ ref('fct_cost_lines') }}
    where is_billable and unit_price_usd is null
),

usage_daily as (
    select * from {{ ref('int_usage_daily') }}
    where unmeasured_attempt_count > 0
),

unpriced as (
    select
        usage_line_id,
        case
            when provider is null and provider_id is null then 'no_provider'
            when provider_id is null then 'unknown_provider'
            when model_name is null then 'no_model'
            when price_model_id is null then 'unknown_model'
            else 'no_price'
        end as unpriced_reason,
        gateway,
        provider,
        model_name,
        provider_id,
        price_model_id,
        token_class,
        processing_tier,
        token_basis,
        attempt_outcome,
        api_key_id,
        team_id,
        organization_id,
        cost_center_id,
        environment,
        endpoint,
        quantity,
        cast(null as bigint) as attempt_count,
        event_date
    from cost_lines
    union all
    -- Billed, as far as anybody knows, and nobody said how much it was.
    select
        cast(null as string) as usage_line_id,
        'no_token_count' as unpriced_reason,
        gateway,
        provider,
        model_name,
        provider_id,
        price_model_id,
        cast(null as string) as token_class,
        processing_tier,
        token_basis,
        attempt_outcome,
        api_key_id,
        team_id,
        organization_id,
        cost_center_id,
        environment,
        endpoint,
        cast(null as bigint) as quantity,
        unmeasured_attempt_count as attempt_count,
        event_date
    from usage_daily
)

select * from unpriced
