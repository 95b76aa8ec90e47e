-- What a call used: `meters` of `given`, where a format says anything of it.
with bodied as (
    select
        *,
        case when json_valid(usage) then usage_object(usage) end as usage_body
    from given
),

said as (select *, usage_texts(usage_body) as usage_said from bodied),

shaped as (select *, usage_shape(usage_said) as shape from said),

-- A provider's own body rules; else what the format says of each side.
found as (
    select
        *,
        list_transform([usage_found(usage_said, shape)], lambda f: struct_update(
            f,
            input := coalesce(f.input, input_tokens),
            cache_read := coalesce(f.cache_read, cache_read_tokens),
            cache_write := coalesce(f.cache_write, cache_write_tokens),
            cache_write_5m := coalesce(f.cache_write_5m, cache_write_5m_tokens),
            cache_write_1h := coalesce(f.cache_write_1h, cache_write_1h_tokens),
            output := coalesce(f.output, output_tokens),
            reasoning := coalesce(f.reasoning, reasoning_tokens),
            audio_input := coalesce(f.audio_input, audio_input_tokens),
            audio_output := coalesce(f.audio_output, audio_output_tokens),
            image_input := coalesce(f.image_input, image_input_tokens),
            total := coalesce(f.total, total_tokens),
            web_search_calls := coalesce(f.web_search_calls, web_search_calls),
            is_cache_read_on_top := coalesce(f.is_cache_read_on_top, is_cache_on_top),
            is_reasoning_on_top := coalesce(f.is_reasoning_on_top, is_reasoning_on_top)
        ))[1] as usage_as_said
    from shaped
),

summed as (select *, usage_summed(usage_as_said) as usage_sums from found),

divided as (select *, usage_divided(usage_sums) as usage_parts from summed),

metered as (select *, usage_metered(usage_parts, shape) as found_meters from divided)

-- A body that nobody can count, or of a shape that nobody knows, is told by name.
select
    *,
    struct_update(
        found_meters,
        problem := case
            when nullif(usage, '') is null then found_meters.problem
            else usage_problem(usage, usage_body, found_meters)
        end,
        oddity := case
            when usage_body is null then found_meters.oddity
            else usage_oddity(usage_body, found_meters)
        end
    ) as meters
from metered
