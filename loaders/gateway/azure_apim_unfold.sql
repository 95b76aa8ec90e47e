-- Azure's diagnostic records: one a line or many in `records`, in camel case with their
-- `properties` (an object, or its text) apart, or flat in Pascal case. Each becomes one
-- flat object of texts, its keys in lower case; messages and bodies stay behind.
with found as (
    select
        line,
        record as raw,
        unnest(coalesce(
            nullif(json_extract(record, '$.records[*]'), []), [record]
        )) as record
    from raw_lines
),

opened as (
    select
        line,
        raw,
        case when json_type(record) = 'OBJECT' then record end as record,
        json_of_text(json_extract_string(
            record, ['$.properties', '$.Properties']
        )[1]) as camel,
        json_of_text(json_extract_string(
            record, ['$.properties', '$.Properties']
        )[2]) as pascal
    from found
),

paired as (
    select
        line,
        raw,
        record,
        coalesce(
            case when camel like '{%' then camel end,
            case when pascal like '{%' then pascal end,
            '{}'
        ) as properties
    from opened
)

select
    case
        when record is null and raw not like '{%' then raw
        else '{' || concat_ws(
            ',',
            array_to_string([
                cast(to_json(lower(key)) as varchar) || ':' || cast(to_json(
                    json_extract_string(record, json_pointer_of(key))
                ) as varchar)
                for key in json_keys(record)[:256]
                if lower(key) <> 'properties'
                and strlen(json_extract_string(record, json_pointer_of(key))) <= 4096
            ], ','),
            nullif(array_to_string([
                cast(to_json(lower(key)) as varchar) || ':' || cast(to_json(
                    json_extract_string(properties, json_pointer_of(key))
                ) as varchar)
                for key in json_keys(properties)[:256]
                if strlen(json_extract_string(properties, json_pointer_of(key))) <= 4096
            ], ','), '')
        ) || '}'
    end as record,
    line
from paired
