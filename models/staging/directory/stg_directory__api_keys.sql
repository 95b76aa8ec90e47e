with api_keys as (
    select * from {{ source('directory', 'api_keys') }}
),

loads as (
    select * from {{ ref('stg_lake__loads') }}
),

committed as (
    select api_keys.*
    from api_keys
    inner join loads on api_keys.load_id = loads.load_id and loads.is_live
)

select * from committed
