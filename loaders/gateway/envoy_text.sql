-- Envoy's default text log, and Istio's, which puts the reason before the bytes; as it is,
-- behind a prefix, or in a container's JSON whose own time is that of receipt.
with lines as (
    select
        record,
        ltrim(case
            when record like '{%' and json_valid(record) then coalesce(
                record ->> '/message', record ->> '/log', record ->> '/textPayload'
            )
            else record
        end) as line
    from raw_records
),

cut as (
    select
        record,
        case
            when contains(line, '\"') then regexp_extract_all(
                rtrim(line) || '"', '((?:[^"\\]|\\.)*)"', 1
            )
            else string_split(rtrim(line), '"')
        end as parts,
        string_split(trim(parts[3]), ' ') as first_words,
        -- Istio quotes the transport's failure between the flags and the bytes.
        case when len(first_words) = 4 then 2 else 0 end as shift,
        case
            when len(first_words) = 4 then string_split(trim(parts[5]), ' ')
            else first_words[3:]
        end as counts,
        string_split(parts[2], ' ') as asked
    from lines
)

select
    record,
    nullif(parts[8 + shift], '-') as request_id,
    regexp_extract(parts[1], '\[([^\]]+)\] $', 1) as requested_at,
    nullif(asked[1], '-') as method,
    nullif(asked[2], '-') as path,
    nullif(first_words[1], '-') as status_code,
    case
        when nullif(first_words[2], '-') is not null then first_words[2]
        when shift = 2 and first_words[3] not in ('-', 'via_upstream') then first_words[3]
    end as error_code,
    first_words[2] like '%DC%' or first_words[1] = '0' and asked[1] <> '-' as is_aborted,
    shift = 2 and first_words[3] = 'via_upstream' as is_from_provider,
    nullif(counts[1], '-') as request_bytes,
    nullif(counts[2], '-') as response_bytes,
    nullif(counts[3], '-') as request_duration_ms,
    nullif(counts[4], '-') as upstream_ms,
    nullif(parts[4 + shift], '-') as client_ip,
    nullif(parts[6 + shift], '-') as user_agent,
    nullif(parts[10 + shift], '-') as service,
    nullif(parts[12 + shift], '-') as upstream_host,
    case
        when parts[1] not like '%[%' or len(parts) < 13 + shift or len(counts) < 4
            or len(parts) % 2 = 0 then 'malformed_line'
    end as problem
from cut
