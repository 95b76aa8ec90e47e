-- SRE asks: how often does a consumer get an answer, and how much do retries hide?
-- Expect: more succeed per request than per attempt; a client that left is no failure.
select
    requests.model_requested as model,
    count(*) as requests,
    sum(requests.recorded_attempt_count) as attempts,
    count(case when requests.outcome = 'succeeded' then 1 end) as succeeded,
    count(case when requests.outcome = 'aborted' then 1 end) as aborted,
    count(case when requests.outcome = 'failed' then 1 end) as failed,
    round(
        100.0 * count(case when requests.outcome = 'succeeded' then 1 end) / count(*), 2
    ) as succeeded_percent
from usage.fct_logical_requests as requests
group by requests.model_requested
order by requests desc, model
