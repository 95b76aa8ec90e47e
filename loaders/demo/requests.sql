-- What was asked once, in the days from `first_day` to before `end_day`. Narrow until
-- the last step: the keys' traits are joined there.
create or replace temp table requests as
with hours as (
    select
        timezone,
        hour_at,
        cast(hour_at as date) as world_date,
        timezone(timezone, timezone('UTC', hour_at)) as local_at
    from zones, range(
        day_of_world(getvariable('first_day')),
        day_of_world(getvariable('end_day')),
        interval 1 hour
    ) as span (hour_at)
),

-- Busy at noon and early afternoon, half as busy on weekends; a week's mean is 1/24.
rated as (
    select
        *,
        (0.008 + 0.099 * exp(-power((extract(hour from local_at) - 13.5) / 4.6, 2)))
        * if(extract(isodow from local_at) >= 6, 0.5, 1.2) as rhythm
    from hours
),

-- Some days are busier than others; a key warms up over two weeks.
key_days as (
    select
        key_no,
        number,
        timezone,
        issued_at,
        is_batch_job,
        least(silent_from, revoked_at - interval 1 hour) as ended_at,
        world_date,
        weight * getvariable('scale')
        * least(1, 0.25 + greatest(0, epoch(world_date - issued_at)) / 1209600)
        * exp(0.35 * normal(who, world_date) - 0.06) as day_weight
    from traits, (select distinct world_date from hours)
    where issued_at < world_date + 1
),

-- The batch job makes one request in a hundred, every hour the same.
expected as (
    select
        key_no,
        number,
        hour_at,
        key_days.world_date,
        getvariable('requests_a_day') * if(is_batch_job, 0.01 / 24, day_weight * rhythm)
            as expected_count
    from key_days
    inner join rated using (timezone, world_date)
    where hour_at >= issued_at and (ended_at is null or hour_at < ended_at)
),

made as (
    select * exclude (expected_count), unnest(range(cast(floor(
        expected_count + draw(key_no, hour_at)
    ) as bigint))) as request_no
    from expected
),

identified as (
    select *, token(key_no, hour_at || '/' || request_no, 24) as id
    from made
),

thrown as (
    select
        *,
        hour_at + interval (cast(floor(3.6e9 * draw(id, 'when')) as bigint)) microsecond
            as requested_at,
        dice(id, 'story') as story_dice,
        dice(id, 'input') as input_dice,
        dice(id, 'output') as output_dice
    from identified
),

ranked as (
    select
        *,
        row_number() over (
            partition by number, world_date order by requested_at, id
        ) as request_of_day
    from thrown
),

planned as (
    select ranked.*, plan_id
    from ranked
    asof left join plan_spells
        on
            ranked.number = plan_spells.number
            and ranked.requested_at >= plan_spells.valid_from
),

known as (
    select
        planned.* exclude (number),
        traits.* exclude (key_no),
        quota_bucket,
        cast(ceil(daily_limit * getvariable('requests_a_day') / 5000) as bigint)
            as daily_limit,
        case
            when die(story_dice, 0) < if(is_batch_job, 0.7, 0.09) then 'embeddings'
            when die(story_dice, 0) > 0.985 and not is_batch_job then 'images'
            else 'chat'
        end as operation,
        if(requested_at >= moves_to_v2_at, 'v2', 'v1') as version,
        if(operation = 'chat', main_provider, 'openai') as provider
    from planned
    inner join traits using (key_no)
    left join plans using (plan_id)
),

told as (
    select
        known.*,
        stories.story as told_story
    from known
    left join incidents
        on
            known.provider = incidents.provider
            and known.requested_at >= incidents.began_at
            and known.requested_at < incidents.ended_at
    inner join stories
        on
            (incidents.provider is not null) = is_outage
            and die(story_dice, 1) >= above
            and die(story_dice, 1) < below
)

select
    * exclude (told_story),
    case
        when request_of_day > daily_limit then 'over_quota'
        -- Only answers in words stream, and only their models have a stand-in.
        when operation <> 'chat' and told_story in ('fell_back', 'cache_hit', 'aborted')
            then 'plain'
        else told_story
    end as story,
    operation = 'chat' and (story = 'aborted' or die(story_dice, 2) < 0.55)
        as is_streamed,
    bell(input_dice) as input_size,
    die(input_dice, 2) as cached_share,
    bell(output_dice) as output_size,
    die(output_dice, 2) as speed
from told;
