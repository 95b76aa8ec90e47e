{{ config(materialized='table') }}

with price_models as (
    select * from {{ ref('stg_prices__price_models') }}
),

aliases as (
    select * from {{ ref('stg_seeds__provider_aliases') }}
),

model_aliases as (
    select * from {{ ref('stg_seeds__model_aliases') }}
),

dated as (
    select
        *,
        max(observed_at) over (partition by source) as last_observed_at
    from price_models
),

-- Our own names of providers come before the library's rules.
clauses as (
    select distinct
        provider_id,
        clause_of,
        rank as rank_no,
        names,
        alternative_no,
        clause_kind,
        clause_text
    from dated
    where observed_at = last_observed_at
    union all
    select
        provider_id,
        'provider' as clause_of,
        -1 as rank_no,
        cast(null as string) as names,
        -- One alias is enough.
        row_number() over (partition by provider_id order by provider)
            as alternative_no,
        'equals' as clause_kind,
        lower(provider) as clause_text
    from aliases
    union all
    select
        provider_id,
        'model' as clause_of,
        -1 as rank_no,
        model_id as names,
        row_number() over (partition by provider_id order by model_name)
            as alternative_no,
        'equals' as clause_kind,
        lower(model_name) as clause_text
    from model_aliases
),

-- Most names are known by what they are; those meet by an equal key.
counted as (
    select
        *,
        clause_kind = 'equals'
        and count(*) over (
            partition by provider_id, clause_of, rank_no, names, alternative_no
        ) = 1 as is_plain
    from clauses
)

select * from counted
