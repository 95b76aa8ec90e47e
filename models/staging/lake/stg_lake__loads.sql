select * from {{ source('lake', 'loads') }}
