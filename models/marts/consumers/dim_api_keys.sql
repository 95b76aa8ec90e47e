with api_keys as (
    select * from {{ ref('stg_directory__api_keys') }}
),

versions as (
    select * from {{ ref('int_directory_versions') }}
    where directory_table = 'api_keys'
),

versioned as (
    select
        api_keys.api_key_id,
        versions.valid_from,
        versions.valid_before,
        api_keys.application_id,
        api_keys.project_id,
        api_keys.team_id,
        api_keys.developer_id,
        api_keys.issued_at
    from api_keys
    inner join versions
        on
            api_keys.load_id = versions.load_id
            and api_keys.record_no = versions.record_no
)

select * from versioned
