-- What has no price must be listed, or it is summed away as if it cost nothing.
with cost_lines as (
    select
        event_date,
        sum(case when rated_cost_usd is null then quantity else 0 end) as quantity
    from {{ ref('fct_cost_lines') }}
    where {{ audited_days('event_date') }}
    group by event_date
),

unpriced as (
    select
        event_date,
        sum(quantity) as quantity
    from {{ ref('fct_unpriced_usage') }}
    where {{ audited_days('event_date') }}
    group by event_date
)

select
    cost_lines.event_date,
    cost_lines.quantity as line_quantity,
    unpriced.quantity as listed_quantity
from cost_lines
left join unpriced on cost_lines.event_date = unpriced.event_date
where cost_lines.quantity <> coalesce(unpriced.quantity, 0)
