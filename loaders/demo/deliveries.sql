-- Which file each customer's record comes in: its day's, or one that came late.
create or replace temp table deliveries as
with shippers as (
    select distinct cast(hour_at as date) as world_date, hour_at, region
    from range(
        day_of_world(getvariable('first_day')),
        day_of_world(getvariable('end_day')),
        interval 1 hour
    ) as span (hour_at)
    cross join zones
),

drawn as (
    select
        *,
        world_date || region as shipment,
        'events/' || world_date || '/gateway-' || region as usual_name,
        world_date + 2
        -- The first two days' come soon, so that a week's world has some.
        + cast(floor(
            if(hour_at < '2026-04-03', 1, 19)
            * draw(world_date || region || hour_at, 'days late')
        ) as int) as late_on
    from shippers
)

select
    *,
    -- What arrives after the world's end was never held back.
    (
        draw(shipment || hour_at, 'is late') < 0.012
        or hour_at = getvariable('begin') + interval 33 hour and region = 'us'
    )
    and late_on < cast(day_of_world(getvariable('days')) as date) as is_late,
    if(
        is_late,
        'events/' || late_on || '/gateway-' || region || '-spool-' || world_date,
        usual_name
    ) || '.ndjson.gz' as file,
    draw(shipment, 'shuffled') < 0.05 as is_shuffled,
    -- Two hours of a file sent again the next day; a whole file under another name.
    (draw(shipment, 'resent') < 0.06 or (world_date = getvariable('begin') and region = 'eu'))
    and world_date + 1 < cast(day_of_world(getvariable('days')) as date) as is_resent,
    (draw(shipment, 'copied') < 0.05 or (world_date = getvariable('begin') and region = 'us'))
    and world_date + 1 < cast(day_of_world(getvariable('days')) as date) as is_copied,
    'events/' || (world_date + 1) || '/gateway-' || region as next_name
from drawn;

create or replace temp table lines (
    file varchar, kind varchar, happened_at timestamp, id varchar, is_shuffled boolean, line varchar
);
