-- Words that every projection may use. They turn a vendor's text into our types and
-- give null, never an error, where the text does not say what it should.

-- '' and 'None' stand for null in most exports. An object or a list where a word belongs
-- is null too: it may hold text that nobody may read.
create or replace temp macro known(value) as (
    case
        when value in ('', 'None', 'null') or value like '{%' or value like '[%' then null
        else value
    end
);

-- '1.0' is a whole number; '1.5', 'NaN', '1_0' and what no meter can count are not.
create or replace temp macro whole_number(value) as (
    case
        when value like '%\_%' escape '\' or abs(try_cast(value as double)) > 1e15 then null
        when value not like '%.%' and value not like '%e%' then try_cast(value as bigint)
        when try_cast(value as double) % 1 = 0 then try_cast(value as bigint)
    end
);

-- From text: a detour through double loses the last digits. The narrow decimal is
-- there because DuckDB reads it 400 times faster, and a call costs less than a million.
create or replace temp macro money(value) as (
    coalesce(
        cast(try_cast(value as decimal(18, 12)) as decimal(38, 12)),
        try_cast(value as decimal(38, 12))
    )
);

-- As quoted: no rounding to what amounts are kept at.
create or replace temp macro price(value) as (try_cast(value as decimal(38, 18)));

-- Exact to the microsecond: until the year 2255 a double holds them all.
create or replace temp macro instant_of_epoch(epoch_s) as (
    case
        when epoch_s between -2208988800 and 7258118399
            then make_timestamp(cast(round(epoch_s * 1000000) as bigint))
    end
);

-- What DuckDB reads no time in, in words that it does: no seconds, no separators, a
-- comma, lower case, a blank before the offset.
create or replace temp macro plain_time(value) as (
    regexp_replace(
        regexp_replace(
            regexp_replace(
                replace(upper(trim(value)), ',', '.'), '\s*(Z|UTC|GMT)$', '+00'
            ),
            '^(.*[T\s])(\d\d:?\d\d)\s*([+-]\S+)?$', '\1\2:00\3'
        ),
        '^(\d{4})[-/]?(\d\d)[-/]?(\d\d)(?:T|\s+)(\d\d):?(\d\d):?(\d\d(?:[.]\d+)?)\s*([+-].*)?$',
        '\1-\2-\3 \4:\5:\6\7'
    )
);

create or replace temp macro sane_time(value) as (
    case when value between '1900-01-01' and '2199-12-31' then value end
);

-- A text is either wholly a local time or wholly one with an offset: one that cannot be
-- read with its offset is null, never read as local. Far years are null: time zones
-- overflow there, and no request was made then.
create or replace temp macro instant_of_text(value, zone) as (
    case
        -- What most exports write, and DuckDB reads by itself.
        when regexp_full_match(value, '\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.]\d+)?(?:Z|[+]00(?::?00)?)')
            then sane_time(try_cast(value as timestamp))
        when regexp_full_match(value, '\s*\d{4}[-/]?\d{1,2}[-/]?\d{1,2}(?:[Tt]|\s+)\d{1,2}(?::?\d\d){1,2}(?:[.,]\d+)?\s*(?:[Zz]|UTC|GMT|[+-](?:0\d|1[0-5])(?::?[0-5]\d)?)\s*')
            then sane_time(cast(try_cast(plain_time(value) as timestamptz) as timestamp))
        when regexp_full_match(value, '\s*\d{4}[-/]?\d{1,2}[-/]?\d{1,2}(?:(?:[Tt]|\s+)\d{1,2}(?::?\d\d){1,2}(?:[.,]\d*)?)?\s*')
            then cast(timezone(zone, sane_time(coalesce(
                try_cast(value as timestamp), try_cast(plain_time(value) as timestamp)
            ))) as timestamp)
    end
);

-- UTC timestamp of epoch seconds, of an ISO time with an offset, or of one without,
-- which is then in `zone`.
create or replace temp macro instant(value, zone) as (
    coalesce(
        instant_of_epoch(try_cast(value as double)),
        instant_of_text(value, zone)
    )
);

create or replace temp macro us_between(earlier, later) as (
    case
        when later >= earlier and later < earlier + interval 1000 day
            then date_diff('microsecond', earlier, later)
    end
);

-- 'reason:field' of a value that is there but is not what it should be.
create or replace temp macro refuse(field, raw, parsed, reason) as (
    case when raw is not null and parsed is null then reason || ':' || field end
);

-- 1 for a value that is there but is not what it should be, where that costs no record.
create or replace temp macro misfit(raw, parsed) as (
    cast(raw is not null and parsed is null as int)
);

-- Why a row of a CSV text is none (csv_rows.py); a client's own text is no reason.
create or replace temp macro csv_refusal(value) as (
    case when value in ('wrong_column_count', 'unclosed_quote', 'not_utf8') then value end
);

-- JSON has no word for NaN and infinity.
create or replace temp macro finite(value) as (
    case when isfinite(value) then value end
);

-- '' is how some exports write that they do not know.
create or replace temp macro refuse_count(field, raw) as (
    refuse(field, nullif(raw, ''), whole_number(raw), 'not_a_count')
);

-- 'yes', 'on' and their like are words of no export seen; they are refused.
create or replace temp macro boolean_of(value) as (
    case
        when lower(value) in ('true', 't', '1') then true
        when lower(value) in ('false', 'f', '0') then false
    end
);

-- Microseconds of milliseconds; a fraction of one is rounded half up. In a type that
-- 64 bits hold, for three years and less: wider ones take ten times as long.
create or replace temp macro us_of_ms(value) as (
    cast(try_cast(value as decimal(14, 3)) * cast(1000 as decimal(4, 0)) as bigint)
);

-- What is too long for a count is null, so that no sum overflows, and refused below.
create or replace temp macro as_count(value) as (try_cast(value as decimal(16, 0)));

-- Digits alone, or with '.0': any other text is refused by name. 15 of them at most.
create or replace temp macro bad_count(field, value) as (
    case
        when not regexp_full_match(value, '[0-9]{1,15}([.]0+)?')
            then 'not_a_count:' || field
    end
);

create or replace temp macro bad_counts(field, counts) as (
    list_max([bad_count(field, each) for each in counts])
);

-- Our word for what went wrong, from the HTTP status of a call that failed.
create or replace temp macro error_type_of(status_code, is_from_provider) as (
    case
        when status_code = 429 then 'rate_limit'
        when status_code in (400, 413, 422) then 'validation'
        when status_code in (401, 403) then 'auth'
        when status_code = 404 then 'not_found'
        when status_code in (408, 504) then 'timeout'
        when status_code >= 500 and is_from_provider then 'upstream'
        when status_code >= 500 then 'gateway'
        when status_code >= 400 then 'client_other'
        else 'unknown'
    end
);

-- '' and 'null' are no JSON, and no damage either.
create or replace temp macro known_json(value) as (
    case when value not in ('', 'null') then value end
);

-- 'reason:field' of text that should hold a JSON object (or array) and does not.
create or replace temp macro refuse_json(field, value, kind) as (
    case
        when known_json(value) is null then null
        when not json_valid(value) then 'malformed_json:' || field
        when json_type(case when json_valid(value) then value end) <> kind
            then 'not_an_' || lower(kind) || ':' || field
    end
);

create or replace temp macro json_pointer_of(name) as (
    '/' || replace(replace(name, '~', '~0'), '/', '~1')
);

-- Sampling parameters that land; any other may say what nobody may read.
create or replace temp macro sampling_names(object) as (
    [name for name in json_keys(object) if name in (
        'frequency_penalty', 'max_completion_tokens', 'max_output_tokens', 'max_tokens',
        'n', 'presence_penalty', 'reasoning_effort', 'response_format', 'seed',
        'service_tier', 'stream', 'temperature', 'top_k', 'top_p'
    )]
);

-- Flags by names of one word that is none for a text or a person.
create or replace temp macro flag_names(object) as (
    [name for name in json_keys(object)
    if name not in ('experiment', 'variant')
    and regexp_full_match(name, '[!-~]{1,64}')
    and not regexp_matches(
        lower(regexp_replace(name, '([a-z])([A-Z])', '\1_\2', 'g')),
        '(^|[^a-z])((user|customer|person|client|session|account)s?([^a-z]?(id|name|key))?'
        || '|prompts?|inputs?|outputs?|messages?|contents?|texts?|query|queries|questions?'
        || '|answers?|completions?|responses?|instructions?|comments?|notes?|title|body'
        || '|e[^a-z]?mails?|mails?|phones?|name|address(es)?|ip|passwords?|secrets?|tokens?)$'
    )]
);

-- A response format is an object: its type alone is kept.
create or replace temp macro place_of(object, name) as (
    case
        when name = 'response_format' and json_type(object, '/response_format') = 'OBJECT'
            then '/response_format/type'
        else json_pointer_of(name)
    end
);

-- Numbers, booleans and words without blanks of an object, as JSON text with sorted keys.
create or replace temp macro scalars_of(object, names, longest) as (
    nullif('{' || array_to_string([
        cast(to_json(name) as varchar) || ':'
        || cast(json_extract(object, place_of(object, name)) as varchar)
        for name in list_sort(names)
        if json_type(object, place_of(object, name)) not in ('OBJECT', 'ARRAY', 'NULL')
        and regexp_full_match(json_extract_string(object, place_of(object, name)), '[!-~]+')
        and length(json_extract_string(object, place_of(object, name))) <= longest
    ], ',') || '}', '{}')
);

-- Of what should be a code; whoever writes a sentence there may quote a prompt in it.
create or replace temp macro code_word(value) as (
    nullif(left(regexp_extract(value, '\S+'), 128), '')
);

-- Of a call that ended within three years, as `us_of_ms`.
create or replace temp macro us_of_s(value) as (
    cast(try_cast(value as decimal(17, 6)) * cast(1000000 as decimal(7, 0)) as bigint)
);

create or replace temp macro us_of_us(value) as (
    cast(try_cast(value as decimal(17, 3)) as bigint)
);

create or replace temp macro us_of_ns(value) as (try_cast(value as bigint) // 1000);

create or replace temp macro instant_of_ms(value) as (
    instant_of_epoch(try_cast(value as double) / 1000)
);

-- A time in nanoseconds is too long for a double.
create or replace temp macro instant_of_ns(value) as (
    case
        when try_cast(value as bigint) between 0 and 7258118399000000000
            then make_timestamp(try_cast(value as bigint) // 1000)
    end
);

-- OpenTelemetry's word for what a path asks for.
create or replace temp macro operation_of_path(path) as (
    case
        when path like '%/embeddings%' then 'embeddings'
        when path like '%/chat/completions%' or path like '%/messages%'
            or path like '%/responses%' or path like '%/converse%' then 'chat'
        when path like '%enerateContent%' then 'generate_content'
        when path like '%/completions%' then 'text_completion'
    end
);

-- The Common Log Format's time, 17/May/2015:10:05:03 +0000, as an ISO one: the offset
-- tells the two hours apart that a clock shows twice.
create or replace temp macro clf_time(value) as (
    case
        when length(value) = 26 and value like '__/___/____:__:__:__ _____'
            then value[8:11] || '-' || case lower(value[4:6])
                when 'jan' then '01' when 'feb' then '02' when 'mar' then '03'
                when 'apr' then '04' when 'may' then '05' when 'jun' then '06'
                when 'jul' then '07' when 'aug' then '08' when 'sep' then '09'
                when 'oct' then '10' when 'nov' then '11' when 'dec' then '12'
            end || '-' || value[1:2] || 'T' || value[13:20]
            || case when value[22:] = '+0000' then 'Z' else value[22:] end
        else value
    end
);

-- Texts of a JSON list, or one text that is none.
create or replace temp macro texts_of(value) as (
    case
        when value like '[%' and json_valid(value) then [
            json_extract_string(each, '$') for each in try_cast(value as json[])
            if json_type(each) not in ('OBJECT', 'ARRAY', 'NULL')
        ]
        when known(value) is not null then [value]
    end
);

-- A 64-bit number as text, also where JavaScript's Long wrote its two halves.
create or replace temp macro long_text(value) as (
    case
        when value not like '{%' then value
        when json_valid(value)
            and try_cast(json_extract_string(value, '$.high') as int) is not null
            and try_cast(json_extract_string(value, '$.low') as bigint)
            between -2147483648 and 4294967295
            then cast(
                try_cast(json_extract_string(value, '$.high') as bigint) * 4294967296
                + (try_cast(json_extract_string(value, '$.low') as bigint) + 4294967296)
                % 4294967296 as varchar
            )
    end
);

-- An id of 8 or 16 bytes in lower-case hex, from hex or from base64, which protobuf's
-- own JSON writes; all zeros are no id.
create or replace temp macro hex_id(value) as (
    case
        when regexp_full_match(value, '0*|A*=*') then null
        when regexp_full_match(value, '[0-9A-Fa-f]{16}|[0-9A-Fa-f]{32}') then lower(value)
        when regexp_full_match(value, '[A-Za-z0-9+/]{11}=|[A-Za-z0-9+/]{22}==')
            then lower(hex(try(from_base64(value))))
    end
);

-- '1.10.2' as numbers, so that versions compare; null where it begins with none.
create or replace temp macro version_numbers(value) as (
    try_cast(string_split(
        nullif(regexp_extract(value, '^v?([0-9]{1,9}([.][0-9]{1,9})*)', 1), ''), '.'
    ) as bigint[])
);

-- What Python's repr writes of an object of numbers and plain words, as JSON.
create or replace temp macro json_of_repr(value) as (
    case
        when regexp_full_match(value, '\{[A-Za-z0-9_''{}\[\]:,. +-]*\}') then
            regexp_replace(regexp_replace(regexp_replace(
                replace(value, '''', '"'), ': None\b', ': null', 'g'
            ), ': True\b', ': true', 'g'), ': False\b', ': false', 'g')
    end
);

-- JSON inside a text, or null.
create or replace temp macro json_of_text(value) as (
    case when json_valid(value) then value end
);

-- A time of a vendor who writes UTC and does not say so.
create or replace temp macro as_utc(value) as (
    regexp_replace(value, '^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.]\d+)?)$', '\1Z')
);

-- Which meter a bucket of Langfuse's usage is, by its name in lower case.
create or replace temp macro bucket_of(name) as (
    case
        when name in ('total', 'total_tokens', 'totaltokens') then 'total'
        when regexp_matches(name, 'cache_(creation|write)|cachewrite|cachecreation') then
            case
                when contains(name, '5m') then 'cache_write_5m'
                when contains(name, '1h') then 'cache_write_1h'
                else 'cache_write'
            end
        when contains(name, 'cache') then 'cache_read'
        when contains(name, 'reasoning') or contains(name, 'thought') then 'reasoning'
        when name in (
            'input', 'input_tokens', 'prompt', 'prompt_tokens', 'inputtokens', 'prompttokens'
        ) then 'input'
        when name in (
            'output', 'output_tokens', 'completion', 'completion_tokens', 'outputtokens',
            'completiontokens'
        ) then 'output'
        when regexp_matches(name, 'output|completion|candidates') then
            if(contains(name, 'audio'), 'audio_output', 'more_output')
        when regexp_matches(name, 'input|prompt') then
            case
                when contains(name, 'audio') then 'audio_input'
                when contains(name, 'image') then 'image_input'
                else 'more_input'
            end
    end
);

-- A counter that says nothing: absent, or still at the 0 where it began. What is no
-- number says something, and is refused by name.
create or replace temp macro is_unsaid(value) as (
    coalesce(known(value) is null or try_cast(value as double) = 0, false)
);

-- A JSON record, however it was laid out: in an array it may go over several lines.
create or replace temp macro one_line(record) as (
    case
        when regexp_matches(rtrim(record, e' \t\r\n'), '[\r\n]')
            then replace(
                replace(rtrim(record, e' \t\r\n'), chr(13), ' '), chr(10), ' '
            )
        else rtrim(record, e' \t\r\n')
    end
);

create or replace temp macro is_address(value) as (
    coalesce(regexp_full_match(value, '[0-9]+([.][0-9]+){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*'), false)
);
