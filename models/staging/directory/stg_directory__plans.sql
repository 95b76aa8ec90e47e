with plans as (
    select * from {{ source('directory', 'plans') }}
),

loads as (
    select * from {{ ref('stg_lake__loads') }}
),

committed as (
    select plans.*
    from plans
    inner join loads on plans.load_id = loads.load_id and loads.is_live
)

select * from committed
