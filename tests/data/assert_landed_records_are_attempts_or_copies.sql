-- A landed record that is neither an attempt nor a superseded copy is lost money.
with landed as (
    select
        load_days.event_date,
        sum(load_days.landed_count) as landed_count
    from {{ ref('stg_lake__load_days') }} as load_days
    inner join {{ ref('stg_lake__loads') }} as loads
        on load_days.load_id = loads.load_id and loads.is_live
    where
        load_days.stream = 'gateway_requests'
        and {{ audited_days('load_days.event_date') }}
    group by load_days.event_date
),

kept as (
    select event_date from {{ ref('fct_attempts') }}
    union all
    select event_date from {{ ref('int_requests_superseded') }}
),

counted as (
    select
        event_date,
        count(*) as kept_count
    from kept
    where {{ audited_days('event_date') }}
    group by event_date
)

select
    landed.landed_count,
    counted.kept_count,
    coalesce(landed.event_date, counted.event_date) as event_date
from landed
full outer join counted on landed.event_date = counted.event_date
where coalesce(landed.landed_count, 0) <> coalesce(counted.kept_count, 0)
