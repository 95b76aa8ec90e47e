-- Langfuse: an export of a trace, or a page of the API, holds many observations; a blob's
-- line is one. A trace's user and tags go along with each of its observations.
with pages as (
    select
        line,
        record,
        coalesce(
            nullif(json_extract(record, '$.observations[*]'), []),
            nullif(json_extract(record, '$.data[*]'), [])
        ) as observations,
        coalesce(json_extract(record, '$.trace'), record) as trace
    from raw_lines
),

found as (
    select
        line,
        case
            when json_type(record) <> 'OBJECT' or (
                observations is null and json_exists(record, '$.observations')
            ) then record
            when observations is null then '{"observation":' || record || '}'
        end as record,
        cast(json_object(
            'userId', left(json_extract_string(trace, '$.userId'), 256),
            'environment', left(json_extract_string(trace, '$.environment'), 64),
            'tags', left(json_extract_string(trace, '$.tags'), 512)
        ) as varchar) as trace,
        unnest(coalesce(observations, [cast(null as json)])) as observation
    from pages
)

select
    coalesce(
        record, '{"observation":' || observation || ',"trace":' || trace || '}', record
    ) as record,
    line
from found
