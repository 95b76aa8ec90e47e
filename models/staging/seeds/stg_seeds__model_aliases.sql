select * from {{ source('seeds', 'model_aliases') }}
