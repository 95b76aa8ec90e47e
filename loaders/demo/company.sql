-- The company: who owns what since when. Each versioned table has the columns of its
-- directory table; `traits` has what drives the traffic of each key.

create table plans (
    plan_id varchar, name varchar, monthly_fee_usd decimal(38, 2),
    included_quantity bigint, quota_bucket varchar,
    overage_unit_price_usd decimal(38, 6), daily_limit bigint
);
-- Requests a month are included; the gateway stops a day at `daily_limit` (per 5,000
-- requests of the world a day).
insert into plans values
    ('free', 'Free', 0, 1000, 'requests', null, 25),
    ('starter', 'Starter', 29, 6000, 'requests', 0.004, 140),
    ('growth', 'Growth', 199, 30000, 'requests', 0.003, 700),
    ('scale', 'Scale', 990, 120000, 'requests', 0.002, 3000),
    ('enterprise', 'Enterprise', 4900, 600000, 'requests', 0.0015, null);

create table plan_endpoints as
select plans.plan_id, endpoints.endpoint
from plans, (values
    ('/v1/chat/completions', 1), ('/v2/chat/completions', 1), ('/v1/embeddings', 1),
    ('/v1/images/generations', 2)
) as endpoints (endpoint, least)
where endpoints.least = 1 or plans.plan_id <> 'free';

create table zones as
select * from (values
    ('Europe/Berlin', 'eu', 'DE', 'fra'), ('Europe/London', 'eu', 'GB', 'lhr'),
    ('America/New_York', 'us', 'US', 'iad'), ('America/Los_Angeles', 'us', 'US', 'sjc'),
    ('America/Sao_Paulo', 'us', 'BR', 'gru'), ('Asia/Tokyo', 'ap', 'JP', 'nrt'),
    ('Asia/Kolkata', 'ap', 'IN', 'bom'), ('Australia/Sydney', 'ap', 'AU', 'syd')
) as listed (timezone, region, country, pop);

-- Forty customers, the first the largest, and our own company as number 0.
create table organization_traits as
with drawn as (
    select
        number,
        ['Amber', 'Blue', 'Cedar', 'Delta', 'Ember', 'Fjord', 'Granite', 'Harbor']
            [1 + number % 8]
        || ' '
        || ['Analytics', 'Health', 'Logistics', 'Robotics', 'Studio'][1 + number % 5]
            as name,
        if(number = 0, 'Europe/Berlin', (
            select pick(number, 'zone', list(timezone order by timezone)) from zones
        )) as timezone
    from range(41) as numbers (number)
)

select
    number,
    if(number = 0, 'Tollgate', name) as name,
    if(number = 0, 'tollgate', lower(replace(name, ' ', '-'))) as slug,
    number = 0 as is_internal,
    -- Our own company makes a quarter of what its customers make together.
    if(number = 0, 0, power(number, -1.05)) as size,
    timezone,
    region,
    country,
    pop,
    case
        when number > 10 and number % 3 = 0
            then date_trunc('minute', day_of_world(1 + 44 * draw(number, 'signed up')))
        else date_trunc('minute', day_of_world(-30 - 500 * draw(number, 'signed up')))
    end as signed_up_at,
    case
        when number <= 4 then 'enterprise'
        when number <= 12 then 'scale'
        when number <= 22 then 'growth'
        when number <= 31 then 'starter'
        else 'free'
    end as first_plan_id,
    -- When it moves from v1 of the API to v2; some never do.
    if(number % 7 = 3, null, day_of_world(10 + 32 * draw(number, 'moves to v2')))
        as migrated_at,
    'org-' || slug as organization_id
from drawn inner join zones using (timezone);

create table plan_changes as
select
    organization_id,
    date_trunc('minute', day_of_world(day_no + 0.3 * draw(number, 'changed'))) as changed_at,
    plan_id
from (values
    (11, 36, 'growth'), (14, 4, 'scale'), (19, 12, 'scale'), (24, 21, 'growth'),
    (26, 2, 'growth'), (28, 30, 'growth'), (28, 50, 'starter'), (33, 49, 'starter'),
    (34, 5, 'starter'), (35, 27, 'starter'), (37, 16, 'starter'), (38, 9, 'starter')
) as changes (number, day_no, plan_id)
inner join organization_traits using (number)
where changed_at > signed_up_at;

create table organizations as
with opened as (
    select organization_id, signed_up_at as valid_from, false as is_deleted,
        if(is_internal, null, first_plan_id) as plan_id
    from organization_traits
    union all
    select organization_id, changed_at, false, plan_id from plan_changes
    union all
    -- Silent since day 30, gone on day 45.
    select organization_id, day_of_world(45.5), true, first_plan_id
    from organization_traits where number = 31
)

select organization_id, name, plan_id, is_internal, timezone, signed_up_at, valid_from,
    is_deleted, valid_from + interval 1 hour as recorded_at
from opened inner join organization_traits using (organization_id);

create table plan_spells as
select number, organizations.valid_from, plan_id
from organizations inner join organization_traits using (organization_id);

create table cost_centers as
select 'cc-' || (4100 + 10 * number) as cost_center_id,
    ['Search', 'Support', 'Labs', 'Data platform', 'Mobile', 'Web', 'Fraud', 'Pricing',
        'Legal', 'People', 'Growth', 'Security'][1 + number] as name,
    number
from range(12) as numbers (number);

create table customer_cost_centers as
from (values ('cc-5000', 'Cost of sales'), ('cc-5100', 'Free tier'))
    as centers (cost_center_id, name);

create table teams as
select 'team-' || lower(replace(cost_centers.name, ' ', '-')) as team_id,
    'org-tollgate' as organization_id, name, cost_center_id, day_of_world(-400) as valid_from
from cost_centers
union all
-- Whoever signed up lately waits for finance to say who bears them.
select 'team-' || slug, organization_id, name,
    case
        when signed_up_at >= day_of_world(0) then null
        when first_plan_id = 'free' then 'cc-5100'
        else 'cc-5000'
    end,
    signed_up_at
from organization_traits where number > 0;

create table projects as
select 'prj-' || substr(team_id, 6) as project_id, team_id, name, valid_from
from teams where organization_id = 'org-tollgate'
union all
select 'prj-' || slug || '-' || part, 'team-' || slug, name || ' ' || part, signed_up_at
from organization_traits, range(1, 4) as parts (part)
where number > 0 and part <= 1 + cast(number <= 12 as int) + cast(number <= 5 as int);

-- Web's project went to Labs on 11 May; the directory learnt it on the 20th.
create table moved_projects as
select 'prj-web' as project_id, 'team-labs' as team_id, 'Web' as name,
    day_of_world(40) as valid_from, day_of_world(49.4) as recorded_at;

create table developers as
with counted as (
    select *, if(number = 0, 180, 6 + cast(round(480 * size / sum(size) over ()) as bigint))
        as developer_count
    from organization_traits
)

select
    organization_id,
    developer_no,
    -- A third of the customers name people by e-mail.
    if(number % 3 = 0,
        pick(who, 'first', ['ana', 'ben', 'chi', 'dora', 'emil', 'femi', 'gita', 'hugo',
            'ines', 'jan', 'kim', 'lena', 'milo', 'nora', 'omar', 'pia'])
        || '.'
        || pick(who, 'last', ['keller', 'okafor', 'silva', 'tanaka', 'novak', 'reyes',
            'singh', 'weber', 'moreau', 'larsen', 'rossi', 'yilmaz'])
        || developer_no || '@' || slug || '.example',
        'dev_' || token(who, 'id', 12)
    ) as developer_id,
    signed_up_at as valid_from
from (
    select counted.*, developer_no, slug || ':dev' || developer_no as who
    from counted, range(developer_count) as numbers (developer_no)
);

create table applications as
select 'app-' || substr(projects.project_id, 5) || '-' || kind as application_id,
    projects.project_id, developers.developer_id, projects.name || ' ' || kind as name,
    projects.valid_from
from projects
inner join teams using (team_id)
cross join (values ('assistant', 0), ('search', 1), ('jobs', 2)) as kinds (kind, kind_no)
inner join developers
    on developers.organization_id = teams.organization_id and developer_no = kind_no;
