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

live_days as (
    select load_days.*
    from load_days
    inner join loads on load_days.load_id = loads.load_id
),

spans as (
    select
        stream,
        max(max_time) as data_complete_through,
        min(event_date) as first_date,
        max(event_date) as last_date
    from live_days
    group by stream
),

-- A day that nobody delivered is a row too, or a gap could not be seen.
days as (
    select
        stream,
        data_complete_through,
        {{ each_day('first_date', 'last_date') }} as event_date
    from spans
),

landed as (
    select
        stream,
        event_date,
        count(distinct load_id) as load_count,
        sum(landed_count) as landed_count
    from live_days
    group by stream, event_date
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
        cast(
            case
                when days.stream = 'gateway_requests'
                    then coalesce(built.attempt_count, 0)
            end as bigint
        ) as attempt_count,
        cast(
            case
                when days.stream = 'gateway_requests'
                    then coalesce(built.hours_with_records_count, 0)
            end as bigint
        ) as hours_with_records_count,
        days.data_complete_through,
        days.event_date < cast(days.data_complete_through as date) as is_complete,
        days.event_date
    from days
    left join landed
        on days.stream = landed.stream and days.event_date = landed.event_date
    left join built on days.stream = built.stream and days.event_date = built.event_date
)

select * from completeness
