-- Whoever keeps the price book asks: what is billed and has no price, and why?
-- Expect: no row is the best answer. Quantities are units of the token class; attempts
-- are those whose tokens nobody stated. None of it is in any sum of rated cost.
select
    unpriced_reason,
    provider,
    model_name,
    token_class,
    cast(sum(quantity) as bigint) as quantity,
    cast(sum(attempt_count) as bigint) as attempt_count,
    min(event_date) as first_event_date,
    max(event_date) as last_event_date
from costs.fct_unpriced_usage
group by unpriced_reason, provider, model_name, token_class
order by
    unpriced_reason asc,
    quantity desc nulls last,
    attempt_count desc nulls last,
    provider asc nulls last,
    model_name asc nulls last,
    token_class asc nulls last
