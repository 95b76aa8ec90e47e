with sources as (
    select * from {{ source('directory', 'sources') }}
),

loads as (
    select * from {{ ref('stg_lake__loads') }}
),

committed as (
    select sources.*
    from sources
    inner join loads on sources.load_id = loads.load_id and loads.is_live
)

select * from committed
