with teams as (
    select * from {{ source('directory', 'teams') }}
),

loads as (
    select * from {{ ref('stg_lake__loads') }}
),

committed as (
    select teams.*
    from teams
    inner join loads on teams.load_id = loads.load_id and loads.is_live
)

select * from committed
