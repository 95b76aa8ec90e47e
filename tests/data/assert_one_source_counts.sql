-- Where the directory names the source that counts, what another one saw too would be
-- charged twice.
select
    attempts.gateway,
    attempts.request_id,
    attempts.requested_at
from {{ ref('fct_attempts') }} as attempts
inner join {{ ref('dim_sources') }} as sources
    on
        attempts.gateway = sources.gateway
        and (
            sources.environment is null
            or attempts.environment = sources.environment
        )
        and attempts.requested_at >= sources.valid_from
        and attempts.requested_at < sources.valid_before
where
    {{ audited_days('attempts.event_date') }}
    and attempts.is_counted
group by attempts.gateway, attempts.request_id, attempts.requested_at
having
    sum(case when attempts.source_format = sources.source_format then 1 else 0 end) = 0
