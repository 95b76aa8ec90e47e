-- Words that every projection may use. They turn a vendor's text into our types and
-- give null, never an error, where the text does not say what it should.

-- '' and 'None' stand for null in most exports.
create or replace temp macro known(value) as (
    case when trim(value) in ('', 'None', 'null') then null else trim(value) end
);

-- '1.0' is a whole number, '1.5' and 'NaN' are not.
create or replace temp macro whole_number(value) as (
    case
        when try_cast(value as decimal(38, 6)) % 1 = 0 then try_cast(value as bigint)
    end
);

-- From text: a detour through double loses the last digits.
create or replace temp macro money(value) as (
    try_cast(value as decimal(38, 12))
);

create or replace temp macro instant_of_epoch_us(epoch_us) as (
    case
        when epoch_us between -62135596800000000 and 253402300799999999
            then make_timestamp(cast(epoch_us as bigint))
    end
);

-- UTC timestamp of epoch seconds, an ISO time with an offset, or one without, which
-- is then in `zone`.
create or replace temp macro instant(value, zone) as (
    case
        when try_cast(value as decimal(38, 9)) is not null
            then instant_of_epoch_us(
                round(try_cast(try_cast(value as decimal(38, 9)) as decimal(38, 6)) * 1000000)
            )
        when regexp_matches(value, '(Z|[+-]\d\d(:?\d\d)?)$') and value like '%:%'
            then cast(try_cast(value as timestamptz) as timestamp)
        else cast(timezone(zone, try_cast(value as timestamp)) as timestamp)
    end
);

create or replace temp macro us_between(earlier, later) as (
    case when later >= earlier then date_diff('microsecond', earlier, later) end
);

-- 'reason:field' of a value that is there but is not what it should be.
create or replace temp macro refuse(field, raw, parsed, reason) as (
    case when raw is not null and parsed is null then reason || ':' || field end
);
