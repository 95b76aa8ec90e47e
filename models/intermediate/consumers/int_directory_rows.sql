{%- set ids = {
    'organizations': 'organization_id',
    'teams': 'team_id',
    'projects': 'project_id',
    'applications': 'application_id',
    'developers': 'developer_id',
    'api_keys': 'api_key_id',
    'plans': 'plan_id',
    'plan_endpoints':
        "cast(length(plan_id) as string) || ':' || plan_id || ':' || endpoint",
    'cost_centers': 'cost_center_id',
    'sources':
        "cast(length(gateway) as string) || ':' || gateway || ':' "
        ~ "|| coalesce(environment, '')",
} -%}

with directory_rows as (
    {% for directory_table, entity_id in ids.items() %}
        select
            '{{ directory_table }}' as directory_table,
            {{ entity_id }} as entity_id,
            valid_from,
            recorded_at,
            row_hash,
            load_id,
            record_no,
            coalesce(is_deleted, false) as is_deleted
        from {{ ref('stg_directory__' ~ directory_table) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from directory_rows
