-- Access logs of NGINX and Apache: common and combined, with or without a host before, and
-- JSON under the usual names of variables. A line without an escaped quote falls apart at
-- its quotes: `address - user [time] `, the request, ` status bytes `, referrer, agent.
-- With one, the quoted values are found first, which takes three times as long.
with cut as (
    select
        *,
        case
            when record like '{%' then []
            when contains(record, '\"') then regexp_extract_all(
                record || '"', '((?:[^"\\]|\\.)*)"', 1
            )
            else string_split(record, '"')
        end as parts
    from fields
),

-- An unclosed quote leaves an even number of parts. A person's name may hold blanks, and
-- a list of addresses does; a host before has the address behind it.
split as (
    select
        *,
        record like '{%' as is_object,
        len(parts) >= 3 and len(parts) % 2 = 1 and parts[1] like '%[%] ' as is_line,
        string_split(parts[1], ' [') as begin,
        string_split(split_part(parts[1], ' [', 1), ' ') as names,
        string_split(parts[3], ' ') as answer,
        string_split(coalesce(request, parts[2]), ' ') as asked,
        regexp_split_to_array(upstream_times, '\s*,\s*|\s+:\s+') as times,
        regexp_split_to_array(upstream_statuses, '\s*,\s*|\s+:\s+') as statuses,
        regexp_split_to_array(header_times, '\s*,\s*|\s+:\s+')[-1] as header_time,
        regexp_split_to_array(upstream_hosts, '\s*,\s*|\s+:\s+')[-1] as upstream_addr
    from cut
),

placed as (
    select
        *,
        len(names) > 3 and names[2] <> '-' and not ends_with(names[1], ',') as has_host
    from split
)

select
    record,
    request_id,
    case
        when is_object and time like '%/%' then clf_time(time)
        when is_object then time
        else clf_time(rtrim(begin[-1], '] '))
    end as requested_at,
    coalesce(method, case when regexp_full_match(asked[1], '[A-Z]{3,12}') then asked[1] end)
        as method,
    coalesce(path, case when regexp_full_match(asked[1], '[A-Z]{3,12}') then asked[2] end)
        as path,
    -- A dash is no number, and no error.
    nullif(coalesce(status_code, answer[2]), '-') as status_code,
    nullif(coalesce(response_bytes, answer[3]), '-') as response_bytes,
    nullif(request_bytes, '-') as request_bytes,
    nullif(request_duration_s, '-') as request_duration_s,
    request_duration_us,
    request_duration_ms,
    -- Of the server that answered; those tried before it are retries.
    nullif(times[-1], '-') as upstream_s,
    -- What failed servers took comes before the answer's first byte.
    list_sum([try_cast(each as decimal(12, 3)) for each in times[:-2]])
    + try_cast(header_time as decimal(12, 3)) as ttft_s,
    case when len(statuses) > 1 then statuses[1] end as retry_reason,
    nullif(len(times), 0) - 1 as attempted_retries,
    upstream_addr as upstream_host,
    nullif(cache_status, '-') as cache_status,
    nullif(statuses[-1], '-') = status_code as is_from_provider,
    coalesce(client_ip, case when has_host then names[2] else rtrim(names[1], ',') end)
        as client_ip,
    nullif(coalesce(developer_id, names[-1]), '-') as developer_id,
    coalesce(service, case when has_host then names[1] end) as service,
    nullif(coalesce(user_agent, case when len(parts) >= 7 then parts[6] end), '-')
        as user_agent,
    case
        when is_object and not json_valid(record) then 'malformed_json'
        when not is_object and not is_line then 'malformed_line'
    end as problem
from placed
