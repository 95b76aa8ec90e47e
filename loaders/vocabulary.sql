-- Words that every projection may use. They turn a vendor's text into our types and
-- give null, never an error, where the text does not say what it should.

-- '' and 'None' stand for null in most exports.
create or replace temp macro known(value) as (
    case when value in ('', 'None', 'null') then null else value end
);

-- '1.0' is a whole number, '1.5' and 'NaN' are not.
create or replace temp macro whole_number(value) as (
    case
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

-- Exact to the microsecond: until the year 2255 a double holds them all.
create or replace temp macro instant_of_epoch(epoch_s) as (
    case
        when epoch_s between -62135596800 and 253402300799
            then make_timestamp(cast(round(epoch_s * 1000000) as bigint))
    end
);

create or replace temp macro instant_of_text(value, zone) as (
    case
        when regexp_matches(value, ':.*(Z|[+-]\d\d(:?\d\d)?)$')
            then cast(try_cast(value as timestamptz) as timestamp)
        else cast(timezone(zone, try_cast(value as timestamp)) as timestamp)
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
    case when later >= earlier then date_diff('microsecond', earlier, later) end
);

-- 'reason:field' of a value that is there but is not what it should be.
create or replace temp macro refuse(field, raw, parsed, reason) as (
    case when raw is not null and parsed is null then reason || ':' || field end
);
