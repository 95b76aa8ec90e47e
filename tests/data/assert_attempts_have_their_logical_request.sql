-- An attempt without its logical request is cost without a consumer's experience. One
-- whose request began more than a day earlier is numbered without its first attempts.
select
    attempts.gateway,
    attempts.request_id,
    attempts.requested_at,
    attempts.logical_requested_at
from {{ ref('fct_attempts') }} as attempts
left join {{ ref('fct_logical_requests') }} as logical_requests
    on
        attempts.gateway = logical_requests.gateway
        and attempts.logical_request_id = logical_requests.logical_request_id
        and attempts.logical_requested_at = logical_requests.requested_at
where
    {{ audited_days('attempts.event_date') }}
    and attempts.is_counted
    and (
        logical_requests.logical_request_id is null
        or attempts.requested_at > attempts.logical_requested_at + interval '24' hour
    )
