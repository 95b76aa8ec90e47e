{{ config(materialized='view') }}

with requests as (
    select * from {{ ref('stg_gateway__requests') }}
),

sources as (
    select * from {{ ref('dim_sources') }}
),

sourced as (
    select
        requests.*,
        -- Where nobody says which source counts, each does.
        case
            when own.gateway is not null
                then coalesce(requests.source_format = own.source_format, false)
            when shared.gateway is not null
                then coalesce(requests.source_format = shared.source_format, false)
            else true
        end as is_counted
    from requests
    left join sources as own
        on
            requests.gateway = own.gateway
            and requests.environment = own.environment
            and requests.requested_at >= own.valid_from
            and requests.requested_at < own.valid_before
    left join sources as shared
        on
            requests.gateway = shared.gateway
            and shared.environment is null
            and requests.requested_at >= shared.valid_from
            and requests.requested_at < shared.valid_before
)

select * from sourced
