-- NGINX and Apache, common and combined: a line falls apart at its quotes into
-- `address - user [time] `, the request, ` status bytes `, referrer, agent. An escaped
-- quote is part of a value; such lines are rare, and take three times as long.
with cut as (
    select
        record,
        case
            when contains(record, '\"')
                then regexp_extract_all(record || '"', '((?:[^"\\]|\\.)*)"', 1)
            else string_split(record, '"')
        end as parts
    from raw_records
),

-- `begin` is the address alone in most lines; a host may stand before it, a list of
-- addresses in its place, and a user's name after it.
split as (
    select
        record,
        parts[1] as begin,
        split_part(parts[1], ' ', 1) as first_word,
        contains(parts[1], ' - - [') and split_part(parts[1], ' ', 2) = '-' as is_usual,
        split_part(parts[2], ' ', 1) as asked,
        split_part(parts[2], ' ', 2) as path,
        split_part(parts[3], ' ', 2) as status_code,
        split_part(parts[3], ' ', 3) as response_bytes,
        case when len(parts) >= 7 then parts[6] end as user_agent,
        -- An unclosed quote leaves an even number of parts.
        len(parts) >= 3 and len(parts) % 2 = 1 as is_whole
    from cut
),

named as (
    select
        *,
        case
            when not is_usual then string_split(split_part(begin, ' [', 1), ' ')
        end as names,
        case when is_address(names[2]) then 2 else 1 end as address_no,
        address_no = 2 and not is_address(names[1]) and names[1] <> '-' as has_host,
        asked in (
            'GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'
        ) or regexp_full_match(asked, '[A-Z]{3,16}') as is_http
    from split
)

select
    record,
    cast(
        try_strptime(right(begin, 28)[1:26], '%d/%b/%Y:%H:%M:%S %z') as timestamp
    ) as requested_at,
    case when has_host then names[1] end as service,
    case when is_http then asked end as method,
    case when is_http then path end as path,
    nullif(status_code, '-') as status_code,
    -- Apache's dash for no bytes is no number, and no error.
    nullif(response_bytes, '-') as response_bytes,
    case
        when has_host or first_word = '-' then names[address_no]
        else rtrim(first_word, ',')
    end as client_ip,
    -- A name may have several words; of a list of addresses nobody knows where it ends.
    case
        when is_usual then null
        when first_word like '%,' then nullif(names[-1], '-')
        else nullif(array_to_string(names[address_no + 2:], ' '), '-')
    end as developer_id,
    nullif(user_agent, '-') as user_agent,
    case when not is_whole or not ends_with(begin, '] ') then 'malformed_line' end
        as problem
from named
