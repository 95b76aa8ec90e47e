-- From what the rules of usage_rules.csv found in a usage body to the meters.
-- Unknown is null. But a body that states its input states all of it: the parts of the
-- input that it does not speak of are 0. An output, and what lies inside another meter,
-- is null where it is not said; an embedding's output is 0 only where a total says so.

-- 'reason:field' where a part is larger than what it is a part of.
create or replace temp macro refuse_part(field, part, whole) as (
    case when part > whole then 'larger_than_whole:' || field end
);

-- Totals first: what the cache holds, and whose side the body's own total takes. Where
-- it equals input + output, a cache counted on top is not (a Bedrock stream of OpenAI's
-- shape); where it exceeds them by the reasoning, reasoning comes on top (xAI).
create or replace temp macro usage_summed(f) as (
    struct_update(
        f,
        cache_write := greatest(
            f.cache_write,
            case
                when f.cache_write_5m is not null or f.cache_write_1h is not null
                    then coalesce(f.cache_write_5m, 0) + coalesce(f.cache_write_1h, 0)
            end
        ),
        is_cache_read_on_top := coalesce(f.is_cache_read_on_top, false)
        and not coalesce(f.total = f.input + f.output, false),
        is_reasoning_on_top := coalesce(f.is_reasoning_on_top, false)
        or coalesce(f.total = f.input + f.output + f.reasoning and f.reasoning > 0, false)
    )
);

-- The input without its cached parts, and the whole of both sides.
create or replace temp macro usage_divided(f) as (
    struct_insert(
        f,
        uncached := f.input + coalesce(f.more_input, 0)
        - case
            when f.is_cache_read_on_top then 0
            else coalesce(f.cache_read, 0) + coalesce(f.cache_write, 0)
        end,
        whole_input := f.input + coalesce(f.more_input, 0)
        + case
            when f.is_cache_read_on_top
                then coalesce(f.cache_read, 0) + coalesce(f.cache_write, 0)
            else 0
        end,
        whole_output := case
            -- The total holds an output that is not stated.
            when f.output is null
                and f.total > f.input + coalesce(f.more_input, 0) + f.reasoning then null
            when f.is_reasoning_on_top and f.reasoning is not null
                then coalesce(f.output, 0) + f.reasoning
            when f.output is null
                and f.total = f.input + coalesce(f.more_input, 0) then 0
            else f.output
        end,
        unsaid := case when f.input is not null then 0 end
    )
);

-- Two bases of the input in one body, and no total to tell them apart: which part of it
-- the cache served is unknown then. Zero is a default beside a count, not a basis.
create or replace temp macro is_input_in_doubt(f) as (
    coalesce(f.input_again not in (0, f.whole_input, f.uncached), false)
);

create or replace temp macro part_of(part, whole) as (
    case when part > whole then null else part end
);

create or replace temp macro usage_metered(f, shape) as (
    struct_pack(
        shape := shape,
        input_uncached_tokens := case
            when not is_input_in_doubt(f) then f.uncached
        end,
        cache_read_tokens := case
            when not is_input_in_doubt(f) then coalesce(f.cache_read, f.unsaid)
        end,
        cache_write_5m_tokens := case
            when not is_input_in_doubt(f) then coalesce(f.cache_write_5m, f.unsaid)
        end,
        cache_write_1h_tokens := case
            when not is_input_in_doubt(f) then coalesce(f.cache_write_1h, f.unsaid)
        end,
        cache_write_other_tokens := case
            when not is_input_in_doubt(f) then coalesce(
                f.cache_write - coalesce(f.cache_write_5m, 0)
                - coalesce(f.cache_write_1h, 0),
                f.unsaid
            )
        end,
        output_tokens := f.whole_output,
        reasoning_tokens := part_of(f.reasoning, f.whole_output),
        audio_input_tokens := part_of(f.audio_input, f.whole_input),
        cache_read_audio_tokens := part_of(
            f.cache_read_audio, coalesce(f.cache_read, f.unsaid)
        ),
        audio_output_tokens := part_of(f.audio_output, f.whole_output),
        image_input_tokens := part_of(f.image_input, f.whole_input),
        web_search_calls := f.web_search_calls,
        service_tier := f.service_tier,
        problem := coalesce(
            f.problem,
            case when f.uncached < 0 then 'negative:input_uncached_tokens' end
        ),
        oddity := coalesce(
            case when is_input_in_doubt(f) then 'contradicts:usage.input_tokens' end,
            refuse_part('reasoning_tokens', f.reasoning, f.whole_output),
            refuse_part('audio_output_tokens', f.audio_output, f.whole_output),
            refuse_part('audio_input_tokens', f.audio_input, f.whole_input),
            refuse_part('image_input_tokens', f.image_input, f.whole_input),
            refuse_part(
                'cache_read_audio_tokens', f.cache_read_audio,
                coalesce(f.cache_read, f.unsaid)
            )
        )
    )
);

-- `list_transform([x], lambda v: …)[1]` works x out once and calls it v; a macro would
-- repeat it wherever its argument is named. A projection over large files takes the
-- steps one by one instead, each in a CTE, as litellm.sql does: that is several times
-- faster.
create or replace temp macro usage_meters_of(found, shape) as (
    list_transform(list_transform(list_transform(
        [found],
        lambda f: usage_summed(f)),
        lambda f: usage_divided(f)),
        lambda f: usage_metered(f, shape)
    )[1]
);

create or replace temp macro usage_by_shape(u) as (
    list_transform(
        [usage_shape(u)],
        lambda shape: usage_meters_of(usage_found(u, shape), shape)
    )[1]
);

create or replace temp macro usage_wrapped(body) as (
    json_extract(body, [
        '$.usage', '$.usageMetadata', '$.usage_metadata',
        '$.response.usage', '$.message.usage'
    ])
);

-- JSON inside a JSON string.
create or replace temp macro usage_unquoted(body) as (
    case
        when json_type(body) = 'VARCHAR' and json_valid(json_extract_string(body, '$'))
            then json_extract_string(body, '$')
        else cast(body as varchar)
    end
);

-- The usage object itself, or a body that wraps it, either of them perhaps as text.
-- Every wrapper has `usage` in its name; most bodies are told apart by that alone.
create or replace temp macro usage_object(body) as (
    case
        when body like '{%' and not contains(body, 'sage') and not contains(body, '\')
            then cast(body as varchar)
        else list_transform(
            [usage_unquoted(body)],
            lambda text: coalesce(
                list_filter(usage_wrapped(text), lambda wrapped: wrapped like '{%')[1],
                text
            )
        )[1]
    end
);

create or replace temp macro usage_problem(text, body, meters) as (
    case
        when text in ('null', '""') or text is null then null
        when body is null then 'malformed_json:usage'
        when ltrim(body) not like '{%' then 'not_an_object:usage'
        else meters.problem
    end
);

-- A body all of whose values are null says nothing, and nothing is wrong with it; so
-- does one whose usage is null.
create or replace temp macro usage_oddity(body, meters) as (
    case
        when ltrim(body) like '{%'
            and meters.shape is null
            and regexp_matches(body, ':\s*[^n\s]')
            and not list_contains(usage_wrapped(body), 'null')
            then 'unknown_usage_shape:usage'
        else meters.oddity
    end
);

create or replace temp macro usage_meters(usage_json) as (
    list_transform(
        [usage_object(case when json_valid(usage_json) then usage_json end)],
        lambda body: list_transform(
            list_transform([usage_texts(body)], lambda u: usage_by_shape(u)),
            lambda m: struct_update(
                m,
                problem := usage_problem(usage_json, body, m),
                oddity := usage_oddity(body, m)
            )
        )[1]
    )[1]
);
