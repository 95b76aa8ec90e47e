{{ config(materialized='table') }}

with directory_rows as (
    select * from {{ ref('int_directory_rows') }}
),

-- Decided by content alone, so that files may arrive in any order. Load and record
-- only break ties between rows that are equal in everything else.
ranked as (
    select
        *,
        row_number() over (
            partition by directory_table, entity_id, valid_from
            order by
                recorded_at desc nulls last,
                row_hash asc nulls last,
                load_id asc nulls last,
                record_no asc nulls last
        ) as preference_no
    from directory_rows
),

followed as (
    select
        *,
        lag(row_hash) over (
            partition by directory_table, entity_id
            order by valid_from nulls last
        ) as previous_row_hash
    from ranked
    where preference_no = 1
),

-- A directory that is dumped every night says the same again and again.
changed as (
    select * from followed
    where previous_row_hash is null or row_hash <> previous_row_hash
),

closed as (
    select
        directory_table,
        entity_id,
        valid_from,
        load_id,
        record_no,
        coalesce(
            lead(valid_from) over (
                partition by directory_table, entity_id
                order by valid_from nulls last
            ),
            cast('9999-12-31 00:00:00' as timestamp)
        ) as valid_before,
        is_deleted
    from changed
),

versions as (
    select
        directory_table,
        entity_id,
        valid_from,
        valid_before,
        load_id,
        record_no
    from closed
    where not is_deleted
)

select * from versions
