-- Words of the demo world. Every choice is drawn from md5(seed, who, what): it does not
-- depend on any order, on the number of threads or on the other choices.

-- Uniform in [0, 1).
create macro draw(who, what) as (
    cast(
        md5_number_lower(getvariable('seed') || ':' || who || ':' || what) >> 11 as double
    ) / 9007199254740992
);

-- Three draws for the price of one: `die(dice, 0)`, 1 and 2 are uniform in [0, 1).
create macro dice(who, what) as (
    md5_number_lower(getvariable('seed') || ':' || who || ':' || what)
);

create macro die(dice, no) as (cast((dice >> (21 * no)) & 2097151 as double) / 2097152);

-- Normal, mean 0, deviation 1, of dice 0 and 1.
create macro bell(dice) as (
    sqrt(-2 * ln(die(dice, 0) + 1e-7)) * cos(6.283185307179586 * die(dice, 1))
);

create macro normal(who, what) as (bell(dice(who, what)));

create macro pick(who, what, choices) as (
    choices[1 + cast(floor(draw(who, what) * len(choices)) as bigint)]
);

-- So many hex digits that tell things apart.
create macro token(who, what, digits) as (
    substr(md5(getvariable('seed') || ':' || who || ':' || what), 1, digits)
);

-- `since` the world began: a UTC timestamp so many days after its first midnight.
create macro day_of_world(day_no) as (
    getvariable('begin') + interval (cast(round(day_no * 86400) as bigint)) second
);

create macro iso_time(happened_at) as (strftime(happened_at, '%Y-%m-%dT%H:%M:%S.%fZ'));

-- Exact: from picodollars.
create macro usd(pico) as (
    cast(cast(pico as decimal(26, 0)) * 0.000000000001 as decimal(38, 12))
);
