with price_models as (
    select * from {{ source('prices', 'price_models') }}
),

loads as (
    select * from {{ ref('stg_lake__loads') }}
),

committed as (
    select price_models.*
    from price_models
    inner join loads on price_models.load_id = loads.load_id and loads.is_live
)

select * from committed
