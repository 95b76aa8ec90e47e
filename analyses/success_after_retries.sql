-- SRE asks: how often does a consumer get an answer, and how much do retries hide?
-- Expect: `after_retries_count` succeeded, but not at the first attempt. A client that
-- left is no failure; nothing tells what became of the rest, if any.
select
    model_requested as model_name,
    count(*) as request_count,
    count(*) filter (where outcome = 'succeeded') as succeeded_count,
    count(*) filter (where outcome = 'succeeded' and recorded_attempt_count > 1)
        as after_retries_count,
    count(*) filter (where outcome = 'aborted') as aborted_count,
    count(*) filter (where outcome = 'failed') as failed_count
from usage.fct_logical_requests
group by model_requested
order by request_count desc, model_name asc
