-- Access logs that an operator wrote as JSON, under the usual names of variables. NGINX
-- lists every upstream that it tried: `, ` between servers, ` : ` after a redirect.
with split as (
    select
        *,
        string_split(request, ' ') as asked,
        regexp_split_to_array(upstream_times, '\s*,\s*|\s+:\s+') as times,
        regexp_split_to_array(upstream_statuses, '\s*,\s*|\s+:\s+') as statuses,
        regexp_split_to_array(header_times, '\s*,\s*|\s+:\s+')[-1] as header_time,
        regexp_split_to_array(upstream_hosts, '\s*,\s*|\s+:\s+')[-1] as upstream_addr
    from fields
)

select
    * exclude (
        time, request, asked, times, statuses, header_time, header_times, upstream_times,
        upstream_statuses, upstream_hosts, upstream_addr
    ) replace (
        coalesce(method, asked[1]) as method,
        coalesce(path, asked[2]) as path,
        nullif(status_code, '-') as status_code,
        nullif(response_bytes, '-') as response_bytes,
        nullif(request_bytes, '-') as request_bytes,
        nullif(request_duration_s, '-') as request_duration_s,
        nullif(cache_status, '-') as cache_status,
        nullif(client_ip, '-') as client_ip,
        nullif(developer_id, '-') as developer_id,
        nullif(user_agent, '-') as user_agent
    ),
    -- In milliseconds, where the operator wrote those.
    case
        when regexp_full_match(time, '[0-9]{13}') then time[:10] || '.' || time[11:]
        else clf_time(time)
    end as requested_at,
    -- Of the server that answered; those tried before it are retries.
    nullif(times[-1], '-') as upstream_s,
    -- What failed servers took comes before the answer's first byte.
    coalesce(list_sum([try_cast(each as decimal(12, 3)) for each in times[:-2]]), 0)
    + try_cast(header_time as decimal(12, 3)) as ttft_s,
    case when len(statuses) > 1 then statuses[1] end as retry_reason,
    nullif(len(times), 0) - 1 as attempted_retries,
    nullif(upstream_addr, '-') as upstream_host,
    nullif(statuses[-1], '-') = status_code as is_from_provider
from split
