{{ config(materialized='view') }}

with named as (
    select * from {{ ref('int_providers_matched') }}
),

clauses as (
    select * from {{ ref('int_price_clauses') }}
),

-- The name that the provider gave counts before the one that was asked for, and both
-- before what is left of them without a gateway's prefix.
candidates as (
    {% for basis, rank_no, name in [
        ('served', 1, 'model_served'),
        ('requested', 2, 'model_requested'),
        ('alias', 3, "nullif(substr(model_served, position('/' in model_served) + 1), "
            ~ "model_served)"),
        ('alias', 4, "nullif(substr(model_requested, position('/' in model_requested) "
            ~ "+ 1), model_requested)"),
        ('alias', 5, dashed_date('model_served')),
        ('alias', 6, dashed_date('model_requested')),
    ] %}
        select
            *,
            '{{ basis }}' as model_basis,
            {{ rank_no }} as candidate_no,
            lower(trim({{ name }})) as name
        from named
        where provider_id is not null and {{ name }} is not null
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- Whose lists a provider's models are looked up in: its own, then others'.
lists as (
    select distinct
        provider_id,
        provider_id as price_provider_id,
        -1 as list_no
    from clauses
    where clause_of = 'provider'
    union all
    select
        provider_id,
        names as price_provider_id,
        rank_no as list_no
    from clauses
    where clause_of = 'fallback'
),

listed as (
    select
        candidates.event_date,
        candidates.provider,
        candidates.model_served,
        candidates.model_requested,
        candidates.model_basis,
        candidates.candidate_no,
        candidates.name,
        lists.list_no,
        lists.price_provider_id
    from candidates
    inner join lists on candidates.provider_id = lists.provider_id
),

matched as (
    select
        listed.*,
        clauses.rank_no,
        clauses.names as price_model_id
    from listed
    inner join clauses
        on
            listed.price_provider_id = clauses.provider_id
            and listed.name = clauses.clause_text
            and clauses.clause_of = 'model'
            and clauses.is_plain
    union all
    select
        listed.*,
        clauses.rank_no,
        clauses.names as price_model_id
    from listed
    inner join clauses
        on
            listed.price_provider_id = clauses.provider_id
            and clauses.clause_of = 'model'
            and not clauses.is_plain
    group by
        listed.event_date,
        listed.provider,
        listed.model_served,
        listed.model_requested,
        listed.model_basis,
        listed.candidate_no,
        listed.name,
        listed.list_no,
        listed.price_provider_id,
        clauses.rank_no,
        clauses.names,
        clauses.alternative_no
    having
        min(case when {{ clause_holds('listed.name', 'clauses') }} then 1 else 0 end)
        = 1
),

ranked as (
    select
        *,
        row_number() over (
            partition by event_date, provider, model_served, model_requested
            order by candidate_no, list_no, rank_no, price_model_id
        ) as preference_no
    from matched
),

known as (
    select
        named.event_date,
        named.provider,
        named.model_served,
        named.model_requested,
        named.provider_id,
        ranked.price_provider_id,
        ranked.price_model_id,
        ranked.model_basis
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
