with load_days as (
    select * from {{ ref('stg_lake__load_days') }}
),

loads as (
    select * from {{ ref('stg_lake__loads') }}
    where is_live
),

hours as (
    select * from {{ ref('agg_usage_hourly') }}
    where attempt_count > 0
),

spans as (
    select
        loads.stream,
        max(loads.max_time) as data_complete_through,
        cast(min(loads.min_time) as date) as first_date,
        cast(max(loads.max_time) as date) as last_date
    from loads
    -- A stream without days, such as the directory, is never late.
    where loads.stream in (select load_days.stream from load_days)
    group by loads.stream
),

-- A day that nobody delivered is a row too, or a gap could not be seen.
days as (
    select
        stream,
        data_complete_through,
        {{ each_day('first_date', 'last_date') }} as event_date
    from spans
    where first_date is not null
),

landed as (
    select
        load_days.stream,
        load_days.event_date,
        count(*) as load_count,
        sum(load_days.landed_count) as landed_count
    from load_days
    inner join loads on load_days.load_id = loads.load_id
    group by load_days.stream, load_days.event_date
),

built as (
    select
        'gateway_requests' as stream,
        event_date,
        sum(attempt_count) as attempt_count,
        count(distinct hour_started_at) as hours_with_records_count
    from hours
    group by event_date
),

completeness as (
    select
        days.stream,
        cast(coalesce(landed.load_count, 0) as bigint) as load_count,
        cast(coalesce(landed.landed_count, 0) as bigint) as landed_count,
        cast(coalesce(built.attempt_count, 0) as bigint) as attempt_count,
        cast(coalesce(built.hours_with_records_count, 0) as bigint)
            as hours_with_records_count,
        days.data_complete_through,
        days.event_date < cast(days.data_complete_through as date) as is_complete,
        days.event_date
    from days
    left join landed
        on days.stream = landed.stream and days.event_date = landed.event_date
    left join built on days.stream = built.stream and days.event_date = built.event_date
)

select * from completeness
