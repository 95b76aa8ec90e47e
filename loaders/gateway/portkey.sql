-- Portkey: cost in cents. The export does not tell cached tokens apart. Metadata are an
-- object, or two lists side by side.
with told as (
    select
        * exclude (names, values),
        try_cast(try_cast(names as json) as varchar[]) as names,
        try_cast(try_cast(values as json) as varchar[]) as said,
        not (is_unsaid(input_tokens) and is_unsaid(output_tokens)) as has_tokens
    from fields
)

select
    record, request_id, trace_id, requested_at, request_duration_ms, provider, method,
    status_code, cache_status, is_streamed, attempted_retries, provider_account_hint,
    api_key_id, deployment_id, prompt_template_id, project_id, organization_id,
    sdk_version, model_requested,
    model_requested as model_served,
    regexp_extract(request_url, '^https?://([^/?#]+)', 1) as upstream_host,
    regexp_replace(request_url, '^https?://[^/?#]*|[?#].*$', '', 'g') as path,
    boolean_of(success) as is_success,
    coalesce(end_user_id, said[list_position(names, '_user')]) as end_user_id,
    coalesce(
        team_id, said[list_position(names, 'team_id')],
        said[list_position(names, 'team')]
    ) as team_id,
    coalesce(environment, said[list_position(names, 'environment')]) as environment,
    case when has_tokens then input_tokens end as input_tokens,
    case when has_tokens then output_tokens end as output_tokens,
    case
        when upper(coalesce(known(currency), 'USD')) = 'USD'
            then coalesce(cast(
                try_cast(cost as decimal(24, 12)) * cast(0.01 as decimal(3, 2))
                as varchar
            ), cost)
    end as logged_cost_usd
from told
