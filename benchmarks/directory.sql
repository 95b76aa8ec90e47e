-- 1,200 keys of 25 organisations; a tenth of them changed hands in January.
create or replace temp view directory_organizations as
select
    'org-' || n as organization_id, 'Organization ' || n as name, 'pro' as plan_id,
    false as is_internal, 'UTC' as timezone, timestamp '2025-01-01' as signed_up_at,
    timestamp '2025-01-01' as valid_from, false as is_deleted,
    timestamp '2025-01-01' as recorded_at
from range(25) as numbers(n);

create or replace temp view directory_teams as
select
    'team-' || n as team_id, 'org-' || n % 25 as organization_id, 'Team ' || n as name,
    'cc-' || n % 12 as cost_center_id, timestamp '2025-01-01' as valid_from,
    false as is_deleted, timestamp '2025-01-01' as recorded_at
from range(60) as numbers(n);

create or replace temp view directory_projects as
select
    'project-' || n as project_id, 'team-' || n % 60 as team_id, 'Project ' || n as name,
    timestamp '2025-01-01' as valid_from, false as is_deleted,
    timestamp '2025-01-01' as recorded_at
from range(120) as numbers(n);

create or replace temp view directory_api_keys as
select
    'key_' || n as api_key_id, null as application_id,
    'project-' || (n + version * 7) % 120 as project_id, null as team_id,
    null as developer_id, timestamp '2025-01-01' as issued_at,
    timestamp '2025-01-01' + version * interval 380 day as valid_from,
    false as is_deleted, timestamp '2025-01-01' + version * interval 380 day as recorded_at
from range(1200) as numbers(n)
cross join range(2) as versions(version)
where version = 0 or n % 10 = 0;
