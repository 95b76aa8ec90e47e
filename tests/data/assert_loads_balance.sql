-- A record that was read and is neither landed, quarantined nor ignored is lost.
select
    load_id,
    read_count,
    landed_count,
    quarantined_count,
    ignored_count
from {{ ref('fct_loads') }}
where read_count <> landed_count + quarantined_count + ignored_count
