select * from {{ source('seeds', 'currencies') }}
