select * from {{ source('lake', 'rejected_records') }}
