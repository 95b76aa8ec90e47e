-- A prompt engineer asks: how much do we send for what we get back, and what is cached?
-- Expect: by application and prompt template. Tokens are of attempts that were bought
-- and whose input and output are both known; the prompt cache's share is of that input,
-- the gateway cache's of all attempts that were answered.
with attempts as (
    select
        application_id,
        prompt_template_id,
        coalesce(is_gateway_cache_hit, false) as is_replayed,
        error_type is null
        and coalesce(status_code < 400, token_basis <> 'missing') as is_answered,
        not coalesce(is_gateway_cache_hit, false)
        and input_uncached_tokens is not null
        and output_tokens is not null as is_known,
        input_uncached_tokens
        + coalesce(cache_read_tokens, 0)
        + coalesce(cache_write_5m_tokens, 0)
        + coalesce(cache_write_1h_tokens, 0)
        + coalesce(cache_write_other_tokens, 0) as input_tokens,
        cache_read_tokens,
        output_tokens
    from usage.fct_attempts
    where is_counted
),

summed as (
    select
        application_id,
        prompt_template_id,
        cast(count(*) as bigint) as attempt_count,
        sum(case when is_answered then 1 else 0 end) as answered_count,
        sum(case when is_replayed then 1 else 0 end) as replayed_count,
        cast(sum(case when is_known then input_tokens end) as bigint) as input_tokens,
        cast(sum(case when is_known then cache_read_tokens end) as bigint)
            as cache_read_tokens,
        cast(sum(case when is_known then output_tokens end) as bigint) as output_tokens
    from attempts
    group by application_id, prompt_template_id
)

select
    application_id,
    prompt_template_id,
    attempt_count,
    input_tokens,
    output_tokens,
    round(cast(input_tokens as double) / nullif(cast(output_tokens as double), 0), 3)
        as input_per_output_ratio,
    round(
        cast(cache_read_tokens as double) / nullif(cast(input_tokens as double), 0), 4
    )
        as prompt_cache_ratio,
    round(cast(replayed_count as double) / nullif(cast(answered_count as double), 0), 4)
        as gateway_cache_ratio
from summed
order by
    input_tokens desc nulls last,
    application_id asc nulls last,
    prompt_template_id asc nulls last
