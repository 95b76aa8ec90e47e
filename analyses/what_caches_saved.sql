-- A platform owner asks: what did the caches save, by model?
-- Expect: the gateway's cache saves whole answers, at our price; the provider's prompt
-- cache makes input cheaper, at list price, and what it charges for writing is taken
-- off: a cache that is written and seldom read saves less than nothing. The ratio is
-- of all input that was bought, over all days of the books.
select
    provider_id,
    model_name,
    cast(sum(attempt_count) as bigint) as attempt_count,
    sum(rated_cost_usd) as rated_cost_usd,
    sum(gateway_cache_saved_usd) as gateway_cache_saved_usd,
    sum(prompt_cache_saved_usd) as prompt_cache_saved_usd,
    round(
        cast(sum(cache_read_tokens) as double)
        / nullif(cast(sum(input_tokens) as double), 0),
        4
    ) as prompt_cache_ratio
from costs.agg_cost_daily
group by provider_id, model_name
order by
    rated_cost_usd desc nulls last,
    provider_id asc nulls last,
    model_name asc nulls last
