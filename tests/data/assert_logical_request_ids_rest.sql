-- An id that is seen in over ten hours of a day is a client's constant: its attempts
-- count as requests of their own, so retries among them look like failures.
{{ config(severity='warn') }}

select
    gateway,
    logical_request_id,
    event_date,
    count(*) as record_count
from {{ ref('int_requests_sourced') }}
where
    {{ audited_days('event_date') }}
    and is_counted
    and logical_request_id <> request_id
group by gateway, logical_request_id, event_date
having
    count(*) > 10
    and count(distinct date_trunc('hour', requested_at)) > 10
