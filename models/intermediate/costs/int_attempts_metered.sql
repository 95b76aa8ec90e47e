{{ config(materialized='view') }}

with attempts as (
    select * from {{ ref('fct_attempts') }}
    where is_counted
),

matched as (
    select * from {{ ref('int_models_matched') }}
),

bands as (
    select * from {{ ref('int_price_bands') }}
),

told as (
    select
        attempts.*,
        matched.provider_id,
        matched.price_provider_id,
        matched.price_model_id,
        matched.model_basis,
        -- No input lies in the first tier, like an input of one token.
        greatest(
            coalesce(attempts.input_uncached_tokens, 0)
            + coalesce(attempts.cache_read_tokens, 0)
            + coalesce(attempts.cache_write_5m_tokens, 0)
            + coalesce(attempts.cache_write_1h_tokens, 0)
            + coalesce(attempts.cache_write_other_tokens, 0),
            1
        ) as tier_input_tokens,
        extract(hour from attempts.requested_at) * 60
        + extract(minute from attempts.requested_at) as minute_of_day,
        least(
            coalesce(attempts.cache_read_audio_tokens, 0),
            coalesce(attempts.cache_read_tokens, 0)
        ) as cached_audio_tokens,
        {{ attempt_outcome('attempts') }} as attempt_outcome
    from attempts
    left join matched
        on
            attempts.event_date = matched.event_date
            and coalesce(attempts.provider, '') = coalesce(matched.provider, '')
            and coalesce(attempts.model_served, '') = coalesce(matched.model_served, '')
            and coalesce(attempts.model_requested, '')
            = coalesce(matched.model_requested, '')
),

banded as (
    select
        told.*,
        coalesce(bands.context_tier_tokens, 0) as context_tier_tokens,
        coalesce(bands.day_part_start_minute, 0) as day_part_start_minute,
        coalesce(bands.is_request_priced, false) as is_request_priced,
        case when bands.is_reasoning_priced then told.reasoning_tokens else 0 end
            as priced_reasoning_tokens,
        least(
            coalesce(told.audio_output_tokens, 0), coalesce(told.output_tokens, 0)
        ) as spoken_output_tokens,
        greatest(
            least(
                coalesce(told.audio_input_tokens, 0) - told.cached_audio_tokens,
                coalesce(told.input_uncached_tokens, 0)
            ),
            0
        ) as uncached_audio_tokens
    from told
    left join bands
        on
            told.price_provider_id = bands.provider_id
            and told.price_model_id = bands.model_id
            and told.tier_input_tokens > bands.context_tier_tokens
            and told.tier_input_tokens <= bands.context_tier_end
            and told.minute_of_day >= bands.day_part_start_minute
            and told.minute_of_day < bands.day_part_before_minute
),

metered as (
    select
        *,
        coalesce(model_served, model_requested) as model_name,
        case
            when is_batch then 'batch'
            when lower(service_tier) in ('default', 'auto', 'on_demand') then 'standard'
            else coalesce(lower(service_tier), 'standard')
        end as processing_tier,
        case
            when attempt_no = 1 then 'first'
            when fallback_from_model is not null then 'fallback'
            else 'retry'
        end as attempt_kind,
        -- A provider bills what it answered, and what it says it used.
        not coalesce(is_gateway_cache_hit, false)
        and (
            coalesce(attempt_outcome, 'succeeded') <> 'failed'
            or token_basis = 'provider_reported'
        ) as is_billable,
        least(
            coalesce(image_input_tokens, 0),
            coalesce(input_uncached_tokens, 0) - uncached_audio_tokens
        ) as uncached_image_tokens,
        least(
            coalesce(priced_reasoning_tokens, 0),
            coalesce(output_tokens, 0) - spoken_output_tokens
        ) as written_reasoning_tokens
    from banded
)

select * from metered
