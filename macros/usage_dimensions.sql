{# What usage is told apart by within a day: a line's identity hangs on all of it. #}
{% macro usage_dimensions() -%}
    {{ return([
        'gateway', 'provider', 'model_name', 'provider_id', 'price_provider_id',
        'price_model_id', 'model_basis', 'processing_tier', 'context_tier_tokens',
        'day_part_start_minute', 'token_basis', 'is_gateway_cache_hit', 'is_billable',
        'attempt_kind', 'attempt_outcome', 'api_key_id', 'developer_id',
        'application_id', 'project_id', 'team_id', 'organization_id', 'cost_center_id',
        'plan_id', 'environment', 'endpoint', 'prompt_template_id',
    ]) }}
{%- endmacro %}
