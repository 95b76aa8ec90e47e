-- `ai`: what `ai_log` says, whether in a string or not.
with logs as (
    select record, line, json_extract_string(record, '/ai_log') as said from raw_lines
)

select
    case
        when json_valid(said) and json_type(case when json_valid(said) then said end)
            = 'OBJECT'
            then '{"ai":' || said || ',' || substr(ltrim(record, E' \t\r\n'), 2)
        else record
    end as record,
    line
from logs
order by line
