-- Whoever compares with the provider's bill asks: which tokens were really bought?
-- Expect: the naive sum counts answers replayed from the gateway's own cache, which no
-- provider bills; tokens of aborted streams are the gateway's estimate.
select
    token_basis,
    cast(
        sum(
            input_uncached_tokens
            + coalesce(cache_read_tokens, 0)
            + coalesce(cache_write_5m_tokens, 0)
            + coalesce(cache_write_1h_tokens, 0)
            + coalesce(cache_write_other_tokens, 0)
        ) as bigint
    ) as input_tokens,
    cast(sum(cache_read_tokens) as bigint) as cache_read_tokens,
    cast(sum(output_tokens) as bigint) as output_tokens
from usage.agg_usage_hourly
where token_basis <> 'missing'
group by token_basis
order by token_basis
