-- SRE asks: how often does a consumer get an answer, and how much do retries hide?
-- Expect: more succeed per request than per attempt; a client that left is no failure.
select
    requests.model_requested as model_name,
    cast(sum(requests.recorded_attempt_count) as bigint) as attempt_count,
    count(*) as request_count,
    count(case when requests.outcome = 'succeeded' then 1 end) as succeeded_count,
    count(case when requests.outcome = 'aborted' then 1 end) as aborted_count,
    count(case when requests.outcome = 'failed' then 1 end) as failed_count,
    round(
        cast(count(case when requests.outcome = 'succeeded' then 1 end) as double)
        / cast(count(*) as double), 4
    ) as succeeded_ratio
from usage.fct_logical_requests as requests
group by requests.model_requested
order by request_count desc, model_name asc
