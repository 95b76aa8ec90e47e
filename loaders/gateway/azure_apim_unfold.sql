-- Azure's diagnostic records: one a line, or many in `records`; `properties` are an
-- object, or its text, which is put before the rest and found first.
with found as (
    select
        line,
        unnest(coalesce(
            nullif(json_extract(record, '$.records[*]'), []), [record]
        )) as record
    from raw_lines
),

opened as (
    select
        line,
        record,
        case when json_type(record, '$.properties') = 'VARCHAR'
            then json_of_text(json_extract_string(record, '$.properties'))
        end as properties
    from found
)

select
    case
        when properties like '{%'
            then '{"properties":' || properties || ',' || substr(ltrim(record), 2)
        else record
    end as record,
    line
from opened
