with organizations as (
    select * from {{ source('directory', 'organizations') }}
),

loads as (
    select * from {{ ref('stg_lake__loads') }}
),

committed as (
    select organizations.*
    from organizations
    inner join loads on organizations.load_id = loads.load_id and loads.is_live
)

select * from committed
