with price_book as (
    select * from {{ source('prices', 'price_book') }}
),

loads as (
    select * from {{ ref('stg_lake__loads') }}
),

committed as (
    select price_book.*
    from price_book
    inner join loads on price_book.load_id = loads.load_id and loads.is_live
)

select * from committed
