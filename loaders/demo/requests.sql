-- What was asked once, in the days from `first_day` to before `end_day`.
create or replace temp table requests as
with hours as (
    select
        timezone,
        hour_at,
        cast(hour_at as date) as world_date,
        extract(hour from timezone(timezone, timezone('UTC', hour_at))) as local_hour,
        extract(isodow from timezone(timezone, timezone('UTC', hour_at))) as local_weekday
    from zones, range(
        day_of_world(getvariable('first_day')), day_of_world(getvariable('end_day')), interval 1 hour
    ) as span (hour_at)
),

rated as (
    select
        *,
        -- Sums to one over a day, to seven over a week.
        (0.008 + 0.099 * exp(-power((local_hour - 13.5) / 4.6, 2)))
        * if(local_weekday >= 6, 0.5, 1.2) as rhythm
    from hours
),

-- The batch job makes one request in a hundred, every hour the same.
expected as (
    select
        traits.*,
        hour_at,
        world_date,
        getvariable('requests_a_day') * case
            when is_batch_job then 0.01 / 24
            else weight * getvariable('scale') * rhythm
                * least(1, 0.25 + epoch(hour_at - issued_at) / 1209600)
                * exp(0.35 * normal(who, world_date) - 0.06)
        end as expected_count
    from traits
    inner join rated using (timezone)
    where
        hour_at >= issued_at
        and hour_at < least(
            coalesce(silent_from, 'infinity'::timestamp),
            coalesce(revoked_at, 'infinity'::timestamp) - interval 1 hour
        )
),

made as (
    select * exclude (expected_count), unnest(range(cast(floor(
        expected_count + draw(who, 'count' || hour_at)
    ) as bigint))) as request_no
    from expected
),

identified as (
    select *, token(who, hour_at || '/' || request_no, 24) as id
    from made
),

chosen as (
    select
        *,
        hour_at + interval (cast(floor(3.6e9 * draw(id, 'at')) as bigint)) microsecond
            as requested_at,
        draw(id, 'operation') as operation_share,
        draw(id, 'story') as story_share
    from identified
),

placed as (
    select
        *,
        case
            when operation_share < if(is_batch_job, 0.7, 0.09) then 'embeddings'
            when operation_share > 0.985 and not is_batch_job then 'images'
            else 'chat'
        end as operation,
        if(requested_at >= moves_to_v2_at, 'v2', 'v1') as version,
        row_number() over (
            partition by organization_id, world_date order by requested_at, id
        ) as request_of_day
    from chosen
),

planned as (
    select placed.*, organizations.plan_id, quota_bucket,
        cast(ceil(daily_limit * getvariable('requests_a_day') / 5000) as bigint)
            as daily_limit
    from placed
    asof left join organizations
        on
            placed.organization_id = organizations.organization_id
            and placed.requested_at >= organizations.valid_from
    left join plans using (plan_id)
),

routed as (
    select
        planned.*,
        if(operation = 'chat', main_provider, 'openai') as provider,
        exists (
            select 1 from incidents
            where
                incidents.provider = if(operation = 'chat', main_provider, 'openai')
                and requested_at >= began_at and requested_at < ended_at
        ) as is_in_outage
    from planned
),

told as (
    select routed.*, stories.story as told_story
    from routed
    inner join stories
        on
            is_in_outage = is_outage
            and story_share >= above
            and story_share < below
)

select
    * exclude (operation_share, story_share, told_story),
    case
        when request_of_day > daily_limit then 'over_quota'
        -- Only answers in words stream, and only their models have a stand-in.
        when operation <> 'chat' and told_story in ('fell_back', 'cache_hit', 'aborted')
            then 'plain'
        else told_story
    end as story,
    operation = 'chat' and (story = 'aborted' or draw(id, 'streams') < 0.55) as is_streamed,
    normal(id, 'input') as input_size,
    normal(id, 'output') as output_size,
    draw(id, 'cached') as cached_share,
    draw(id, 'speed') as speed
from told;
