select * from {{ source('lake', 'load_days') }}
