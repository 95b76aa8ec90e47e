-- Two versions of one thing at one moment would count its requests twice.
{%- set ids = {
    'dim_organizations': 'organization_id',
    'dim_teams': 'team_id',
    'dim_projects': 'project_id',
    'dim_applications': 'application_id',
    'dim_developers': 'developer_id',
    'dim_api_keys': 'api_key_id',
    'dim_plans': 'plan_id',
    'dim_endpoints': 'plan_id, endpoint',
    'dim_cost_centers': 'cost_center_id',
    'dim_sources': 'gateway, environment',
} %}

with followed as (
    {% for dim, id in ids.items() %}
        select
            '{{ dim }}' as dim,
            valid_from,
            valid_before,
            lead(valid_from) over (
                partition by {{ id }}
                order by valid_from nulls last
            ) as next_valid_from
        from {{ ref(dim) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from followed
where
    valid_from >= valid_before
    or next_valid_from < valid_before
