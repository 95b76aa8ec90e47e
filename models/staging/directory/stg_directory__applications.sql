with applications as (
    select * from {{ source('directory', 'applications') }}
),

loads as (
    select * from {{ ref('stg_lake__loads') }}
),

committed as (
    select applications.*
    from applications
    inner join loads on applications.load_id = loads.load_id and loads.is_live
)

select * from committed
