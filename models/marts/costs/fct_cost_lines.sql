with priced as (
    select * from {{ ref('int_lines_priced') }}
),

overrides as (
    select * from {{ ref('int_overrides_matched') }}
),

contracted as (
    select
        priced.*,
        overrides.override_id,
        overrides.contract_id,
        coalesce(
            overrides.unit_price_usd,
            try_cast(
                priced.list_unit_price_usd * overrides.discount_factor
                as decimal(20, 18)
            ),
            priced.list_unit_price_usd
        ) as unit_price_usd,
        overrides.unit_price_usd is not null as is_contract_price,
        cast(priced.quantity as decimal(18, 0)) as exact_quantity
    from priced
    left join overrides
        on
            priced.event_date = overrides.event_date
            and priced.usage_line_id = overrides.usage_line_id
),

-- What nobody bills costs nothing; what has no price costs nobody knows what.
rated as (
    select
        *,
        cast(0 as decimal(38, 12)) as free_usd,
        cast(exact_quantity * unit_price_usd as decimal(38, 12)) as full_cost_usd,
        cast(exact_quantity * list_unit_price_usd as decimal(38, 12))
            as full_list_cost_usd,
        cast(
            exact_quantity * (uncached_unit_price_usd - list_unit_price_usd)
            as decimal(38, 12)
        ) as uncached_difference_usd
    from contracted
),

lines as (
    select
        usage_line_id,
        price_id,
        override_id,
        contract_id,
        gateway,
        provider,
        model_name,
        provider_id,
        price_provider_id,
        price_model_id,
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
        case
            when cost_center_id is not null then null
            when team_id is not null then 'team_without_cost_center'
            when coalesce(project_id, application_id, developer_id) is not null
                then 'no_team'
            when api_key_id is not null then 'key_not_in_directory'
            else 'no_api_key'
        end as unattributed_reason,
        -- Empty where it is the price of the book, as quoted for just this.
        case
            when unit_price_usd is null then null
            when is_contract_price then 'contract'
            else concat_ws(
                '+',
                case when model_basis = 'alias' then 'alias' end,
                case when model_basis = 'requested' then 'model_requested' end,
                case when provider_id <> price_provider_id then 'other_provider' end,
                case
                    when
                        processing_tier
                        not in ('standard', 'batch', 'flex', 'priority', 'fast')
                        then 'unknown_tier'
                    when is_tier_assumed then 'no_price_of_tier'
                end,
                case
                    when token_class = 'cache_write_other_tokens' then 'cache_ttl'
                end,
                case when is_rounded then 'rounded' end
            )
        end as price_basis,
        is_gateway_cache_hit,
        is_billable,
        quantity,
        list_unit_price_usd,
        unit_price_usd,
        case when is_billable then full_list_cost_usd else free_usd end
            as rated_list_cost_usd,
        case when is_billable then full_cost_usd else free_usd end as rated_cost_usd,
        case when is_gateway_cache_hit then full_cost_usd end
            as gateway_cache_saved_usd,
        case when is_billable then uncached_difference_usd end
            as prompt_cache_saved_usd,
        event_date
    from rated
)

select * from lines
