with projects as (
    select * from {{ source('directory', 'projects') }}
),

loads as (
    select * from {{ ref('stg_lake__loads') }}
),

committed as (
    select projects.*
    from projects
    inner join loads on projects.load_id = loads.load_id and loads.is_live
)

select * from committed
