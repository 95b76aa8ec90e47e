with rejected_records as (
    select * from {{ ref('stg_lake__rejected_records') }}
),

loads as (
    select * from {{ ref('stg_lake__loads') }}
),

placed as (
    select
        rejected_records.load_id,
        rejected_records.record_no,
        loads.stream,
        loads.format,
        loads.source_path,
        rejected_records.file_sha256 as source_sha256,
        rejected_records.reason,
        rejected_records.field,
        rejected_records.line_no,
        rejected_records.byte_offset,
        rejected_records.length_bytes,
        rejected_records.parser_position
    from rejected_records
    inner join loads on rejected_records.load_id = loads.load_id and loads.is_live
)

select * from placed
