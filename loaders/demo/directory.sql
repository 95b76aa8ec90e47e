-- The directory as a nightly dump would have it on the world's last day: every version.
create view directory_organizations as
select organization_id, name, plan_id, is_internal, timezone, signed_up_at, valid_from,
    is_deleted, recorded_at
from organizations;

create view directory_teams as
select team_id, organization_id, name, cost_center_id, valid_from, false as is_deleted,
    valid_from as recorded_at
from teams;

create view directory_projects as
select project_id, team_id, name, valid_from, false as is_deleted,
    valid_from as recorded_at
from projects;

-- Delivered late, in a file of its own.
create view directory_projects_moved as
select project_id, team_id, name, valid_from, false as is_deleted, recorded_at
from moved_projects;

create view directory_applications as
select application_id, project_id, developer_id, name, valid_from,
    false as is_deleted, valid_from as recorded_at
from applications;

create view directory_developers as
select developer_id, organization_id, valid_from, false as is_deleted,
    valid_from as recorded_at
from developers;

create view directory_api_keys as
select api_key_id, application_id, project_id, directory_team_id as team_id,
    developer_id, issued_at, issued_at as valid_from, false as is_deleted,
    issued_at as recorded_at
from traits
union all
select api_key_id, application_id, project_id, directory_team_id, developer_id, issued_at,
    revoked_at, true, revoked_at
from traits where revoked_at is not null;

create view directory_plans as
select plan_id, name, monthly_fee_usd, included_quantity, quota_bucket,
    overage_unit_price_usd, day_of_world(-500) as valid_from, false as is_deleted,
    day_of_world(-500) as recorded_at
from plans;

create view directory_plan_endpoints as
select plan_id, endpoint, day_of_world(-500) as valid_from, false as is_deleted,
    day_of_world(-500) as recorded_at
from plan_endpoints;

create view directory_cost_centers as
select cost_center_id, name, day_of_world(-400) as valid_from, false as is_deleted,
    day_of_world(-400) as recorded_at
from (
    select cost_center_id, name from cost_centers
    union all
    from customer_cost_centers
);

create view directory_provider_accounts as
select distinct provider, 'acct-' || replace(provider, '.', '-') as payer_account_id,
    'proj-gateway' as provider_project_id, null::varchar as provider_api_key_id,
    'gateway' as role, null::varchar as cost_center_id, 'postpaid' as billing_model,
    'USD' as currency_code, 'UTC' as billing_timezone, provider as invoice_issuer,
    'cost report' as bill_source, null::varchar as contract_id,
    day_of_world(-500) as valid_from, false as is_deleted,
    day_of_world(-500) as recorded_at
from models;

create view directory_deployments as
select gateway, null::varchar as deployment_id, host as upstream_host, model,
    null::varchar as region, 'acct-' || replace(provider, '.', '-') as serving_payer_account_id,
    'acct-' || replace(provider, '.', '-') as billing_payer_account_id,
    model as canonical_model, 'pay_as_you_go' as capacity_kind,
    day_of_world(-500) as valid_from, false as is_deleted,
    day_of_world(-500) as recorded_at
from models, (values ('events'), ('litellm')) as gateways (gateway);

create view directory_sources as
select gateway, environment, gateway as source_format, day_of_world(-500) as valid_from,
    false as is_deleted, day_of_world(-500) as recorded_at
from (values ('events'), ('litellm')) as gateways (gateway),
    (values ('production'), ('staging')) as environments (environment);
