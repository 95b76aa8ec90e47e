select * from {{ source('seeds', 'cost_pools') }}
