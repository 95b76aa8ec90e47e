with sources as (
    select * from {{ ref('stg_directory__sources') }}
),

versions as (
    select * from {{ ref('int_directory_versions') }}
    where directory_table = 'sources'
),

versioned as (
    select
        sources.gateway,
        sources.environment,
        versions.valid_from,
        versions.valid_before,
        sources.source_format
    from sources
    inner join versions
        on
            sources.load_id = versions.load_id
            and sources.record_no = versions.record_no
)

select * from versioned
