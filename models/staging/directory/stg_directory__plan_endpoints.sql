with plan_endpoints as (
    select * from {{ source('directory', 'plan_endpoints') }}
),

loads as (
    select * from {{ ref('stg_lake__loads') }}
),

committed as (
    select plan_endpoints.*
    from plan_endpoints
    inner join loads on plan_endpoints.load_id = loads.load_id and loads.is_live
)

select * from committed
