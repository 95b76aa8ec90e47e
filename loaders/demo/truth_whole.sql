-- What is true of the whole world, from what was kept of its blocks.
create view true_logical_requests as
select
    gateway,
    logical_request_id,
    min(requested_at) as requested_at,
    case arg_max(status_code, attempt_no)
        when 200 then 'succeeded' when 499 then 'aborted' else 'failed'
    end as outcome,
    count(*) as attempt_count,
    count(*) filter (where is_logged) as logged_attempt_count
from true_attempts
group by gateway, logical_request_id;

create view true_incidents as
select kind, provider, began_at, ended_at from incidents
where began_at < day_of_world(getvariable('days'));

-- Raw values that must never leave the inbox.
create view true_personal as
select distinct kind, value
from (
    select 'client_ip' as kind, client_ip as value from true_attempts
    union all
    select 'end_user_id', end_user_id from true_attempts
    union all
    select 'developer_id', developer_id from developers
    union all
    select 'email', named_email from true_attempts
    union all
    select 'credential', leaked from true_attempts
)
where value is not null;
