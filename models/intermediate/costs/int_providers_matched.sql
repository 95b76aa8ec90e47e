{{ config(materialized='view') }}

with attempts as (
    select * from {{ ref('fct_attempts') }}
    where is_counted
),

clauses as (
    select * from {{ ref('int_price_clauses') }}
    where clause_of in ('provider', 'provider_of_model')
),

named as (
    select
        event_date,
        provider,
        model_served,
        model_requested
    from attempts
    group by event_date, provider, model_served, model_requested
),

-- Where no provider is named, the model may say whose it is.
matched as (
    select
        named.event_date,
        named.provider,
        named.model_served,
        named.model_requested,
        clauses.provider_id,
        clauses.rank_no,
        clauses.alternative_no
    from named
    inner join clauses
        on
            clauses.clause_of = case
                when named.provider is null then 'provider_of_model' else 'provider'
            end
    group by
        named.event_date,
        named.provider,
        named.model_served,
        named.model_requested,
        clauses.provider_id,
        clauses.rank_no,
        clauses.alternative_no
    having
        min(
            case
                when
                    {{ clause_holds(
                        "lower(trim(coalesce(named.provider, named.model_served, "
                        ~ "named.model_requested)))",
                        'clauses'
                    ) }}
                    then 1
                else 0
            end
        ) = 1
),

ranked as (
    select
        *,
        row_number() over (
            partition by event_date, provider, model_served, model_requested
            order by rank_no, provider_id, alternative_no
        ) as preference_no
    from matched
),

known as (
    select
        named.event_date,
        named.provider,
        named.model_served,
        named.model_requested,
        ranked.provider_id
    from named
    left join ranked
        on
            named.event_date = ranked.event_date
            and coalesce(named.provider, '') = coalesce(ranked.provider, '')
            and coalesce(named.model_served, '') = coalesce(ranked.model_served, '')
            and coalesce(named.model_requested, '')
            = coalesce(ranked.model_requested, '')
            and ranked.preference_no = 1
)

select * from known
