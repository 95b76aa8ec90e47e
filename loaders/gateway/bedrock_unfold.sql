-- The records of a wrapper; a line that wraps none as it is.
with events as (
    select
        record,
        line,
        case
            when json_type(record, '/logEvents') is not null then '/logEvents'
            when json_type(record, '/events') is not null then '/events'
        end as place
    from raw_lines
),

wrapped as (
    select
        line,
        unnest(cast(json_extract(record, place) as json[])) as event,
        generate_subscripts(cast(json_extract(record, place) as json[]), 1) as event_no
    from events
    where json_array_length(record, place) > 0
),

bare as (
    select line, record as event, 0 as event_no
    from events
    where coalesce(json_array_length(record, place), 0) = 0
),

listed as (select * from wrapped union all select * from bare)

select
    case
        when json_extract_string(event, '/message') like '{%'
            and json_valid(json_extract_string(event, '/message'))
            then json_extract_string(event, '/message')
        else cast(event as varchar)
    end as record,
    line
from listed
order by line, event_no
