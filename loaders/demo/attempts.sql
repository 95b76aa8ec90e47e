-- One row per call to a provider, with what it truly used. Microseconds, tokens, UTC.
create or replace temp table attempts as
with tried as (
    select
        requests.*,
        story_attempts.* exclude (story),
        max(attempt_no) over (partition by id) as attempt_count,
        max(attempt_no) filter (where not is_fallback) over (partition by id) - 1
            as most_retries,
        requested_at as first_at,
        'req_' || token(id, attempt_no, 24) as request_id
    from requests
    inner join story_attempts using (story)
),

modelled as (
    select
        tried.* exclude (provider, requested_at),
        first_at + interval (
            cast(1e6 * waited_s * (0.8 + 0.4 * speed) as bigint)
        ) microsecond as requested_at,
        models.provider,
        models.model,
        models.host,
        models.input_price,
        models.cached_price,
        models.output_price,
        if(is_fallback, first_models.model, null) as fallback_from_model,
        first_models.model as first_model,
        status_code in (200, 499) as is_answered,
        dice(request_id, 'attempt') as attempt_dice,
        dice(id, 'person') as person_dice,
        -- A few users ask often.
        cast(floor(200 * power(die(person_dice, 1), 2)) as bigint) as user_no,
        story = 'cache_hit' as is_hit
    from tried
    inner join models as first_models
        on
            first_models.provider = tried.provider
            and first_models.operation = tried.operation
            and (first_models.version = tried.version or tried.operation <> 'chat')
    inner join models
        on
            models.operation = tried.operation
            and (models.version = tried.version or tried.operation <> 'chat')
            and models.provider = case
                when not is_fallback then tried.provider
                when tried.provider = 'openai' then 'anthropic'
                else 'openai'
            end
),

sized as (
    select
        *,
        if(operation = 'images', 40, 20) + cast(floor(least(
            60000, exp(if(is_batch_job, 7, 6.2) + 1.1 * input_size)
        )) as bigint) as prompt_tokens,
        5 + cast(floor(least(8000, exp(5 + 0.9 * output_size))) as bigint) as answer_tokens
    from modelled
),

counted as (
    select
        *,
        case
            when operation = 'chat' and cached_share < 0.3 and not is_fallback
                then prompt_tokens * cast(1 + floor(3 * speed) as bigint) // 4 // 64 * 64
            else 0
        end as cache_read,
        case
            when operation = 'chat' and cached_share > 0.85
                and provider in ('anthropic', 'aws.bedrock') and not is_internal
                then prompt_tokens // 2
            else 0
        end as cache_write,
        case
            when operation <> 'chat' then 0
            -- What the gateway guessed when the client had gone.
            when status_code = 499 then 1 + answer_tokens // 8
            else answer_tokens
        end as output_count
    from sized
),

metered as (
    select
        *,
        if(is_answered, prompt_tokens - cache_read - cache_write, null) as input_uncached_tokens,
        if(is_answered, cache_read, null) as cache_read_tokens,
        if(is_answered, if(provider = 'anthropic' and cached_share < 0.97, cache_write, 0), null)
            as cache_write_5m_tokens,
        if(is_answered, if(provider = 'anthropic' and cached_share >= 0.97, cache_write, 0), null)
            as cache_write_1h_tokens,
        if(is_answered, if(provider = 'aws.bedrock', cache_write, 0), null)
            as cache_write_other_tokens,
        if(is_answered, output_count, null) as output_tokens,
        case
            when is_answered
                then if(
                    status_code = 200 and provider in ('openai', 'gcp.gemini')
                    and version = 'v2', output_count // 3, 0
                )
        end as reasoning_tokens,
        if(is_answered and operation = 'images', 1, null) as image_units,
        cast(case
            when is_hit then 2000 + 3000 * speed
            when status_code = 504 then 60e6
            when not is_answered then 20000 + 200000 * speed
            else 250000 + 2.2e6 * speed * speed * speed + output_count * (4000 + 6000 * speed)
        end as bigint) as upstream_us,
        die(attempt_dice, 0) < 0.2 or operation = 'images' or status_code = 499
            as says_meters,
        cast(800 + 4000 * die(attempt_dice, 1) as bigint) as gateway_us
    from counted
)

select
    *,
    upstream_us + gateway_us as request_duration_us,
    case
        when is_streamed and is_answered
            then gateway_us + cast(upstream_us * (0.08 + 0.2 * speed) as bigint)
    end as ttft_us,
    case
        when is_hit then 0
        when is_answered
            then
                (input_uncached_tokens * 4 + cache_write_5m_tokens * 5
                + cache_write_1h_tokens * 8 + cache_write_other_tokens * 5) * input_price // 4
                + cache_read_tokens * cached_price + output_tokens * output_price
    end as cost_pico,
    case
        when not is_answered then 'missing'
        when is_hit then 'replayed_from_cache'
        when status_code = 499 then 'estimated'
        when is_internal or says_meters then 'gateway_normalized'
        else 'provider_reported'
    end as token_basis,
    if(is_internal, 'litellm', 'events') as gateway,
    case provider
        when 'gcp.gemini' then 'gemini' when 'aws.bedrock' then 'bedrock' else provider
    end as litellm_provider,
    is_in_litellm or not is_internal as is_logged,
    case
        when die(person_dice, 0) < 0.4
            then pick(slug || user_no, 'user', [
                'eu_' || token(slug || user_no, 'eu', 14),
                'visitor' || user_no || '@' || slug || '-users.example',
                'Maria Lopez ' || token(slug, 'user', 4) || user_no
            ])
    end as end_user_id,
    network || cast(1 + floor(250 * die(person_dice, 2)) as bigint) as client_ip,
    -- What people paste where it does not belong, shaped like the real thing.
    case
        when die(attempt_dice, 2) < 0.0015
            then pick(request_id, 'leak', [
                concat('sk-', 'proj-', token(request_id, 'secret', 32)),
                concat('gh', 'p_', token(request_id, 'secret', 32), 'Ab12'),
                concat('AK', 'IA', upper(token(request_id, 'secret', 16)))
            ])
    end as leaked,
    if(
        die(attempt_dice, 2) > 0.998,
        'owner.' || token(request_id, 'owner', 6) || '@' || slug || '.example', null
    ) as named_email,
    if(
        is_in_experiment and requested_at >= began_at and requested_at < ended_at,
        experiment, null
    ) as experiment_seen
from metered
cross join experiments;
