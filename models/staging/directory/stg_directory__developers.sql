with developers as (
    select * from {{ source('directory', 'developers') }}
),

loads as (
    select * from {{ ref('stg_lake__loads') }}
),

committed as (
    select developers.*
    from developers
    inner join loads on developers.load_id = loads.load_id and loads.is_live
)

select * from committed
