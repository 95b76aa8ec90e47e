{{ config(event_time='event_date') }}

with requests as (
    select * from {{ source('gateway', 'requests') }}
),

loads as (
    select * from {{ ref('stg_lake__loads') }}
),

-- A file whose load was never committed, or was replaced, is not there.
committed as (
    select
        requests.*,
        loads.format_rank
    from requests
    inner join loads on requests.load_id = loads.load_id and loads.is_live
)

select * from committed
