-- SRE asks: how often does a consumer get an answer, and how much do retries hide?
-- Expect: fewer failed requests than failed attempts; a client that left is no failure.
select
    model_requested as model_name,
    cast(sum(recorded_attempt_count) as bigint) as attempt_count,
    count(*) as request_count,
    count(*) filter (where outcome = 'succeeded') as succeeded_count,
    count(*) filter (where outcome = 'aborted') as aborted_count,
    count(*) filter (where outcome = 'failed') as failed_count
from usage.fct_logical_requests
group by model_requested
order by request_count desc, model_name asc
limit 3
