-- What happened to customers beside their requests, as lines of the same files.
create or replace temp table happened as
with keyed as (
    select traits.*, plan_id
    from traits
    asof left join organizations
        on
            traits.organization_id = organizations.organization_id
            and traits.issued_at >= organizations.valid_from
    where not traits.is_internal
),

first_keys as (
    select organization_id, arg_min(api_key_id, issued_at) as api_key_id
    from traits
    group by organization_id
)

select 'signed_up' as event_type, signed_up_at as happened_at, region, organization_id,
    null as api_key_id, null as developer_id, first_plan_id as plan_id,
    null as previous_plan_id, null as experiment, null as variant,
    null as request_id, null as logical_request_id, null as feedback_score,
    null as quota_bucket, null as quota_limit, null as file
from organization_traits where not is_internal
union all
select 'key_issued', issued_at, region, organization_id, api_key_id, developer_id, plan_id,
    null, null, null, null, null, null, null, null, null
from keyed
union all
select 'key_revoked', revoked_at, region, organization_id, api_key_id, developer_id, null,
    null, null, null, null, null, null, null, null, null
from keyed where revoked_at is not null
union all
select unnest(['plan_changed', 'quota_changed']), changed.valid_from, region,
    changed.organization_id, null, null, changed.plan_id, earlier.plan_id, null, null,
    null, null, null, quota_bucket, included_quantity, null
from organizations as changed
inner join plans using (plan_id)
inner join organization_traits on organization_traits.organization_id = changed.organization_id
asof inner join organizations as earlier
    on
        earlier.organization_id = changed.organization_id
        and earlier.valid_from < changed.valid_from
where not changed.is_deleted
union all
select 'exposure',
    began_at + interval (
        cast(43200 * draw(organization_id, 'exposed') as bigint)
    ) second,
    region, organization_id, api_key_id, null, null, null, experiment,
    pick(organization_id, 'variant', ['control', 'treatment']), null, null, null, null, null, null
from organization_traits
inner join first_keys using (organization_id)
cross join experiments
where not is_internal and draw(organization_id, 'in experiment') < 0.5
union all
select 'feedback',
    requested_at + interval (
        request_duration_us + cast(6e8 * draw(request_id, 'said') as bigint)
    ) microsecond,
    region, organization_id, api_key_id, null, null, null, null, null, request_id,
    logical_request_id, if(draw(request_id, 'likes') < 0.8, 1, -1), null, null, file
from spelled
where status_code = 200 and operation = 'chat' and draw(request_id, 'feedback') < 0.01;

create or replace temp table product_events as
select
    happened.* exclude (file),
    'evt_' || token(
        concat_ws('/', event_type, organization_id, api_key_id, request_id, happened_at),
        'event', 20
    ) as event_id,
    coalesce(happened.file, deliveries.file) as file,
    coalesce(deliveries.is_shuffled, false) as is_shuffled
from happened
left join deliveries
    on
        happened.file is null
        and happened.region = deliveries.region
        and date_trunc('hour', happened.happened_at) = deliveries.hour_at
where
    happened.file is not null
    or deliveries.file is not null;

insert into lines
select
    file,
    'product',
    happened_at,
    event_id,
    is_shuffled,
    cast(to_json({
        'event_type': event_type,
        'event_time': iso_time(happened_at),
        'event_id': event_id,
        'request_id': request_id,
        'logical_request_id': logical_request_id,
        'consumer': {
            'organization_id': organization_id, 'api_key_id': api_key_id,
            'developer_id': developer_id, 'plan_id': plan_id
        },
        'flags': {'experiment': experiment, 'variant': variant},
        'quota': {'bucket': quota_bucket, 'limit': quota_limit},
        'quality': {'feedback_score': feedback_score},
        'change': {'previous_plan_id': if(event_type = 'plan_changed', previous_plan_id, null)}
    }) as varchar)
from product_events;
