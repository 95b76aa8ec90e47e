-- Two policies of a pool on one day would split it twice.
with policies as (
    select distinct
        pool_id,
        method,
        driver,
        valid_from,
        valid_before
    from {{ ref('stg_seeds__allocation_policies') }}
),

followed as (
    select
        pool_id,
        valid_from,
        valid_before,
        lead(valid_from) over (
            partition by pool_id
            order by
                valid_from asc nulls last,
                valid_before asc nulls last,
                method asc nulls last,
                driver asc nulls last
        ) as next_valid_from
    from policies
)

select * from followed
where
    valid_from >= valid_before
    or next_valid_from < valid_before
