select * from {{ source('seeds', 'provider_aliases') }}
