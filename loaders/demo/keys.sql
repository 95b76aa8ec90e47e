-- API keys: issued over the period, some silent after a while, some revoked.
create table traits as
with counted as (
    select *, if(number = 0, 20 * 12, 8 + cast(round(640 * size / sum(size) over ()) as bigint))
        as key_count
    from organization_traits
),

numbered as (
    select counted.*, key_no, slug || ':key' || key_no as who,
        -- The first keys came with the organisation, the others over the two months.
        key_no < 2 or draw(slug || key_no, 'is old') < 0.6 as is_old
    from counted, range(key_count) as numbers (key_no)
),

dated as (
    select
        *,
        date_trunc('second', greatest(
            signed_up_at + interval 1 hour,
            case
                when is_old then day_of_world(-300 * draw(who, 'issued') - 0.01)
                else day_of_world(60 * draw(who, 'issued'))
            end
        )) as issued_at
    from numbered
),

owned as (
    select
        dated.*,
        row_number() over (
            partition by who order by draw(who, 'project' || projects.project_id)
        ) as preference,
        projects.project_id,
        projects.team_id as first_team_id
    from dated
    inner join teams on teams.organization_id = dated.organization_id
    inner join projects on projects.team_id = teams.team_id
    -- Our own teams have twenty keys each.
    where
        number > 0
        or projects.team_id = (
            select 'team-' || lower(replace(name, ' ', '-')) from cost_centers
            where cost_centers.number = dated.key_no // 20
        )
)

select
    if(is_internal, sha256(token(who, 'key', 32)), 'key_' || token(who, 'key', 20))
        as api_key_id,
    owned.* exclude (preference, size, migrated_at, key_count, key_no, first_plan_id,
        signed_up_at, name, is_old),
    row_number() over (order by who) as key_no,
    developer_id,
    if(
        draw(who, 'has app') < 0.8,
        'app-' || substr(project_id, 5) || '-'
        || pick(who, 'app', ['assistant', 'search', 'jobs']),
        null
    ) as application_id,
    -- Two of our projects say nothing about teams on the key.
    if(is_internal and project_id not in ('prj-web', 'prj-search'), first_team_id, null)
        as directory_team_id,
    -- A job of the largest customer never sleeps.
    number = 1 and owned.key_no = 0 as is_batch_job,
    case
        when number = 31 then day_of_world(30)
        when draw(who, 'falls silent') < 0.12 and not is_batch_job
            then issued_at
                + interval (cast(86400 * 50 * draw(who, 'silent') as bigint)) second
    end as silent_from,
    case
        when draw(who, 'revoked') < 0.03 and not is_batch_job
            then greatest(issued_at, day_of_world(0))
                + interval (
                    cast(86400 * (2 + 40 * draw(who, 'revoked at')) as bigint)
                ) second
    end as revoked_at,
    migrated_at + interval (cast(864000 * draw(who, 'moves') as bigint)) second
        as moves_to_v2_at,
    case
        when is_batch_job then 0
        when is_internal then 0.2 * exp(1.2 * normal(who, 'weight'))
            / sum(exp(1.2 * normal(who, 'weight'))) over (partition by slug)
        else 0.8 * size * exp(1.2 * normal(who, 'weight'))
            / sum(exp(1.2 * normal(who, 'weight'))) over (partition by slug)
            / (select sum(size) from organization_traits)
    end as weight,
    pick(who, 'provider', [
        'openai', 'openai', 'openai', 'anthropic', 'anthropic', 'gcp.gemini', 'aws.bedrock'
    ]) as main_provider,
    pick(who, 'sdk', ['openai-python', 'openai-python', 'openai-node', 'anthropic-sdk', 'curl'])
        as sdk_name,
    pick(who, 'sdk version', ['1.99.0', '2.3.1', '2.8.0', '8.11.1']) as sdk_version,
    pick(who, 'environment', ['production', 'production', 'production', 'staging'])
        as environment,
    -- Some clocks are hours off.
    if(draw(who, 'skewed') < 0.02, cast(round(5 * normal(who, 'skew')) as bigint), 0)
        as skew_hours,
    pick(who, 'network', ['corporate', 'cloud', 'cloud', 'wifi']) as network_type,
    pick(who, 'tag', ['checkout', 'chatbot', 'search', 'backfill']) as usual_tag,
    -- Of the ranges that are set aside for documentation.
    if(
        draw(who, 'v6') < 0.15,
        '2001:db8:' || token(who, 'net', 4) || '::',
        pick(who, 'net4', ['192.0.2.', '198.51.100.', '203.0.113.'])
    ) as network,
    not is_internal and draw(organization_id, 'in experiment') < 0.5 as is_in_experiment,
    pick(organization_id, 'variant', ['control', 'treatment']) as variant,
    is_internal and draw(who, 'disputed') < 0.05 and project_id <> 'prj-web' as is_disputed
from owned
inner join (
    select organization_id as owner_id, developer_no, developer_id,
        count(*) over (partition by organization_id) as developer_count
    from developers
) as people
    on
        people.owner_id = owned.organization_id
        and people.developer_no = owned.key_no % developer_count
where preference = 1;

-- Of a weight, so that the keys at work in mid-period make all requests but the job's.
set variable scale = (
    select 0.99 / sum(weight * least(1, 0.25 + epoch(middle - issued_at) / 1209600))
    from traits, (select day_of_world(30) as middle)
    where
        issued_at <= middle
        and coalesce(least(silent_from, revoked_at) > middle, true)
);
