with loads as (
    select * from {{ ref('stg_lake__loads') }}
),

listed as (
    select
        load_id,
        landed_at,
        stream,
        format,
        format_version,
        gateway,
        source_path,
        source_sha256,
        source_bytes,
        read_count,
        landed_count,
        quarantined_count,
        ignored_count,
        masked_count,
        unread_count,
        min_time as first_record_at,
        max_time as last_record_at,
        is_truncated,
        is_live
    from loads
)

select * from listed
