with cost_centers as (
    select * from {{ source('directory', 'cost_centers') }}
),

loads as (
    select * from {{ ref('stg_lake__loads') }}
),

committed as (
    select cost_centers.*
    from cost_centers
    inner join loads on cost_centers.load_id = loads.load_id and loads.is_live
)

select * from committed
