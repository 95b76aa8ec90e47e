-- What an answer holds, one record or a list; any other line as it is.
with places as (
    select
        line,
        record,
        case
            when json_type(record, '/data') is not null then '/data'
            when json_type(record, '/result') is not null then '/result'
        end as place
    from raw_lines
),

answers as (
    select
        line,
        record,
        case json_type(record, place)
            when 'ARRAY' then cast(json_extract(record, place) as json[])
            when 'OBJECT' then [json_extract(record, place)]
        end as held
    from places
)

select
    coalesce(cast(held[record_no] as varchar), record) as record,
    line
from
    answers,
    unnest(generate_series(1, greatest(1, coalesce(len(held), 1)))) as numbers(record_no)
order by line, record_no
