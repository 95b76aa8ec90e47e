"""The token normaliser: a provider's own usage body to disjoint meters, by shape."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.engine import engine
from loaders.formats import registry
from loaders.projection import composed
from tests.conftest import GIVEN

INPUT = (
    "input_uncached_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cache_write_other_tokens",
)
WRITES = INPUT[2:]
# Their word for a count -> those of our meters that together say the same.
GOLDEN = {
    "input_tokens": INPUT,
    "cache_read_tokens": ("cache_read_tokens",),
    "cache_write_tokens": WRITES,
    "cache_write_5m_tokens": ("cache_write_5m_tokens",),
    "output_tokens": ("output_tokens",),
    "output_reasoning_tokens": ("reasoning_tokens",),
    "input_audio_tokens": ("audio_input_tokens",),
    "cache_audio_read_tokens": ("cache_read_audio_tokens",),
    "output_audio_tokens": ("audio_output_tokens",),
    "input_image_tokens": ("image_input_tokens",),
    "web_searches": ("web_search_calls",),
}
# Parts of a whole that the contract has no column for.
NOT_OURS = {
    "input_text_tokens",
    "input_video_tokens",
    "input_tool_tokens",
    "input_text_tool_tokens",
    "cache_text_read_tokens",
    "cache_image_read_tokens",
    "cache_video_read_tokens",
    "output_text_tokens",
    "output_image_tokens",
}


@pytest.fixture(scope="module")
def meters():
    """The meters of each body, in one query."""
    with engine() as con:

        def meters(*bodies):
            texts = [b if isinstance(b, str) else json.dumps(b) for b in bodies]
            rows = con.execute(
                "select usage_meters(body) from (select unnest($1) as body)", [texts]
            ).fetchall()
            return [row[0] for row in rows]

        yield meters


def said(got):
    """The meters that are neither null nor 0."""
    return {name: value for name, value in got.items() if value}


def native(body):
    """Whose extractor is the right one for a body of the golden file."""
    if "usageMetadata" in body:
        return "google", "default"
    if "meta" in body:
        return "cohere", "embeddings"
    usage = body["usage"]
    if "billed_units" in usage:
        return "cohere", "default"
    if "inputTokens" in usage:
        return "aws", "default"
    if "prompt_tokens" in usage:
        return "openai", "chat" if "completion_tokens" in usage else "embeddings"
    if any(key.startswith(("cache_creation", "cache_read")) for key in usage):
        return "anthropic", "default"
    if "input_tokens_details" in usage or "total_tokens" in usage:
        return "openai", "responses"
    return "anthropic", "default"


def expected(entry):
    """What the body's native extractor makes of it; it leaves out zeros."""
    (group,) = (
        group["usage"]
        for group in entry["extracted"]
        if any(
            (e["provider_id"], e["api_flavor"]) == native(entry["body"])
            for e in group["extractors"]
        )
    )
    assert group.keys() <= GOLDEN.keys() | NOT_OURS
    return {theirs: group.get(theirs, 0) for theirs in GOLDEN}


def test_every_real_body_gives_the_tokens_that_it_was_billed(meters, shared):
    entries = json.loads((shared / "gateway/genai_usage/usages.json").read_text())
    assert len(entries) == 1577
    bodies = [entry["body"] for entry in entries]
    differing = []
    for body, entry, got in zip(bodies, entries, meters(*bodies), strict=True):
        assert got["problem"] is None, body
        ours = {
            theirs: sum(got[name] or 0 for name in names)
            for theirs, names in GOLDEN.items()
        }
        wanted = expected(entry)
        # Two things that a body says and their rules do not read: Mistral's name of
        # its cached tokens (44 bodies), and how long Bedrock keeps what it cached (4).
        usage = body.get("usage", {})
        if "num_cached_tokens" in usage:
            wanted["cache_read_tokens"] = usage["num_cached_tokens"]
        if "cacheDetails" in usage:
            (kept,) = usage["cacheDetails"]
            assert kept["ttl"] == "5m"
            wanted["cache_write_5m_tokens"] = kept["inputTokens"]
        if ours != wanted:
            differing.append((body, ours, wanted))
    assert differing == []


ANTHROPIC = {
    "input_tokens": 3,
    "cache_read_input_tokens": 2089,
    "cache_creation_input_tokens": 16399,
    "cache_creation": {
        "ephemeral_5m_input_tokens": 16000,
        "ephemeral_1h_input_tokens": 300,
    },
    "output_tokens": 12,
}
GEMINI = {
    "promptTokenCount": 100,
    "cachedContentTokenCount": 40,
    "toolUsePromptTokenCount": 7,
    "candidatesTokenCount": 20,
    "thoughtsTokenCount": 5,
    "promptTokensDetails": [
        {"modality": "TEXT", "tokenCount": 50},
        {"modality": "AUDIO", "tokenCount": 30},
        {"modality": "IMAGE", "tokenCount": 15},
        {"modality": "DOCUMENT", "tokenCount": 5},
    ],
    "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 10}],
    "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 8}],
}


@pytest.mark.parametrize(
    ("shape", "body", "expected"),
    [
        (
            "chat",
            {
                "prompt_tokens": 100,
                "completion_tokens": 50,
                "total_tokens": 150,
                "prompt_tokens_details": {
                    "cached_tokens": 60,
                    "cache_write_tokens": 10,
                    "audio_tokens": 5,
                    "image_tokens": 4,
                },
                "completion_tokens_details": {
                    "reasoning_tokens": 30,
                    "audio_tokens": 2,
                },
            },
            {
                "input_uncached_tokens": 30,
                "cache_read_tokens": 60,
                "cache_write_other_tokens": 10,
                "output_tokens": 50,
                "reasoning_tokens": 30,
                "audio_input_tokens": 5,
                "image_input_tokens": 4,
                "audio_output_tokens": 2,
            },
        ),
        (
            "responses",
            {
                "input_tokens": 100,
                "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
                "output_tokens": 50,
                "output_tokens_details": {"reasoning_tokens": 30},
                "total_tokens": 150,
            },
            {
                "input_uncached_tokens": 30,
                "cache_read_tokens": 60,
                "cache_write_other_tokens": 10,
                "output_tokens": 50,
                "reasoning_tokens": 30,
            },
        ),
        (
            "responses",  # the same of a realtime session
            {
                "total_tokens": 253,
                "input_tokens": 132,
                "output_tokens": 121,
                "input_token_details": {
                    "audio_tokens": 13,
                    "cached_tokens": 64,
                    "cached_tokens_details": {"audio_tokens": 6},
                },
                "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
            },
            {
                "input_uncached_tokens": 68,
                "cache_read_tokens": 64,
                "output_tokens": 121,
                "audio_input_tokens": 13,
                "cache_read_audio_tokens": 6,
                "audio_output_tokens": 91,
            },
        ),
        (
            "anthropic",
            {
                **ANTHROPIC,
                "output_tokens_details": {"thinking_tokens": 9},
                "server_tool_use": {"web_search_requests": 2},
                "service_tier": "standard",
            },
            {
                "input_uncached_tokens": 3,
                "cache_read_tokens": 2089,
                "cache_write_5m_tokens": 16000,
                "cache_write_1h_tokens": 300,
                "cache_write_other_tokens": 99,
                "output_tokens": 12,
                "reasoning_tokens": 9,
                "web_search_calls": 2,
                "service_tier": "standard",
            },
        ),
        (
            "converse",
            {
                "inputTokens": 22,
                "outputTokens": 13,
                "totalTokens": 2532,
                "cacheReadInputTokens": 5,
                "cacheReadInputTokenCount": 5,
                "cacheWriteInputTokenCount": 2492,
                "cacheDetails": [
                    {"ttl": "5m", "inputTokens": 2000},
                    {"ttl": "1h", "inputTokens": 400},
                ],
            },
            {
                "input_uncached_tokens": 22,
                "cache_read_tokens": 5,
                "cache_write_5m_tokens": 2000,
                "cache_write_1h_tokens": 400,
                "cache_write_other_tokens": 92,
                "output_tokens": 13,
            },
        ),
        (
            # A total of input + output says that the cache lies inside the input.
            "converse",
            {
                "inputTokens": 100,
                "outputTokens": 10,
                "totalTokens": 110,
                "cacheReadInputTokens": 60,
            },
            {
                "input_uncached_tokens": 40,
                "cache_read_tokens": 60,
                "output_tokens": 10,
            },
        ),
        (
            # A total that exceeds both by the reasoning says that it comes on top.
            "chat",
            {
                "prompt_tokens": 32,
                "completion_tokens": 9,
                "total_tokens": 135,
                "completion_tokens_details": {"reasoning_tokens": 94},
            },
            {
                "input_uncached_tokens": 32,
                "output_tokens": 103,
                "reasoning_tokens": 94,
            },
        ),
        (
            "cohere",  # billed units, not the tokens that it processed
            {
                "billed_units": {"input_tokens": 2406, "output_tokens": 2},
                "tokens": {"input_tokens": 2935, "output_tokens": 4},
                "cached_tokens": 2928,
            },
            {"input_uncached_tokens": 2406, "output_tokens": 2},
        ),
        (
            "cohere",  # images have a price of their own, beside the text's
            {"meta": {"billed_units": {"input_tokens": 4, "image_tokens": 6}}},
            {"input_uncached_tokens": 10, "image_input_tokens": 6},
        ),
        (
            "gemini",
            {"modelVersion": "gemini-2.5-pro", "usageMetadata": GEMINI},
            {
                "input_uncached_tokens": 67,
                "cache_read_tokens": 40,
                "output_tokens": 25,
                "reasoning_tokens": 5,
                "audio_input_tokens": 30,
                "cache_read_audio_tokens": 10,
                "audio_output_tokens": 8,
                "image_input_tokens": 20,
            },
        ),
        (
            "chat",  # DeepSeek
            {
                "usage": {
                    "prompt_tokens": 563,
                    "prompt_cache_hit_tokens": 512,
                    "prompt_cache_miss_tokens": 51,
                    "completion_tokens": 1,
                }
            },
            {
                "input_uncached_tokens": 51,
                "cache_read_tokens": 512,
                "output_tokens": 1,
            },
        ),
        (
            "chat",  # Kimi
            {"prompt_tokens": 19, "cached_tokens": 4, "completion_tokens": 1},
            {"input_uncached_tokens": 15, "cache_read_tokens": 4, "output_tokens": 1},
        ),
        (
            "chat",  # LiteLLM: Anthropic's keys, and a prompt that holds them
            {
                **ANTHROPIC,
                "prompt_tokens": 18491,
                "completion_tokens": 12,
            },
            {
                "input_uncached_tokens": 3,
                "cache_read_tokens": 2089,
                "cache_write_5m_tokens": 16000,
                "cache_write_1h_tokens": 300,
                "cache_write_other_tokens": 99,
                "output_tokens": 12,
            },
        ),
        (
            "gemini",  # Live
            {
                "promptTokenCount": 100,
                "responseTokenCount": 20,
                "totalTokenCount": 120,
                "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": 18}],
            },
            {
                "input_uncached_tokens": 100,
                "output_tokens": 20,
                "audio_output_tokens": 18,
            },
        ),
        (
            "gemini",  # its Python client
            {
                "prompt_token_count": 100,
                "cached_content_token_count": 40,
                "tool_use_prompt_token_count": 7,
                "candidates_token_count": 20,
                "thoughts_token_count": 5,
                "total_token_count": 132,
            },
            {
                "input_uncached_tokens": 67,
                "cache_read_tokens": 40,
                "output_tokens": 25,
                "reasoning_tokens": 5,
            },
        ),
        (
            # A total that holds more than the reasoning: the output is not stated.
            "gemini",
            {"promptTokenCount": 100, "thoughtsTokenCount": 5, "totalTokenCount": 130},
            {"input_uncached_tokens": 100, "reasoning_tokens": 5},
        ),
        (
            "gemini",
            {"promptTokenCount": 100, "thoughtsTokenCount": 5, "totalTokenCount": 105},
            {
                "input_uncached_tokens": 100,
                "output_tokens": 5,
                "reasoning_tokens": 5,
            },
        ),
        (
            "converse",  # Bedrock's InvokeModel
            {
                "inputTokenCount": 22,
                "outputTokenCount": 13,
                "cacheReadInputTokenCount": 5,
                "cacheWriteInputTokenCount": 7,
            },
            {
                "input_uncached_tokens": 22,
                "cache_read_tokens": 5,
                "cache_write_other_tokens": 7,
                "output_tokens": 13,
            },
        ),
        (
            "titan",
            {"inputTextTokenCount": 5, "results": [{"tokenCount": 3}]},
            {"input_uncached_tokens": 5},
        ),
        (
            "ollama",
            {"prompt_eval_count": 5, "eval_count": 3},
            {"input_uncached_tokens": 5, "output_tokens": 3},
        ),
        ("total", {"usage": {"total_tokens": 5}}, {"input_uncached_tokens": 5}),
        ("responses", {"output_tokens": 3, "total_tokens": 5}, {"output_tokens": 3}),
        (
            "chat",  # numbers as text, and whole numbers with a point
            {"prompt_tokens": "12", "completion_tokens": 12.0},
            {"input_uncached_tokens": 12, "output_tokens": 12},
        ),
    ],
)
def test_each_shape(meters, shape, body, expected):
    (got,) = meters(body)
    assert said(got) == {"shape": shape, **expected}


def test_what_a_body_does_not_say(meters):
    """Parts of a stated input are 0; everything else is unknown."""
    (chat, embedding, total, silent, delta) = meters(
        {"prompt_tokens": 5, "completion_tokens": 0},
        {"prompt_tokens": 5, "total_tokens": 5},
        {"total_tokens": 5},
        {"promptTokenCount": 5},
        {"output_tokens": 7},
    )
    assert [chat[name] for name in INPUT] == [5, 0, 0, 0, 0]
    assert (chat["output_tokens"], chat["reasoning_tokens"]) == (0, None)
    assert (chat["audio_input_tokens"], chat["web_search_calls"]) == (None, None)
    # Only a total can say that there was no output.
    assert (embedding["output_tokens"], silent["output_tokens"]) == (0, None)
    assert total["output_tokens"] == 0
    assert [delta[name] for name in INPUT] == [None] * 5
    assert (delta["output_tokens"], delta["problem"]) == (7, None)


@pytest.mark.parametrize(
    "body",
    [
        *("{}", "null", '""', '"{}"', '{"prompt_tokens": null, "x": null}'),
        *('{"usage": null}', '{"id": "x", "usage": null}'),
        '{"type": "x", "response": {"id": "y", "usage": null}}',
    ],
)
def test_a_body_without_values_says_nothing_and_is_no_problem(meters, body):
    assert set(meters(body)[0].values()) == {None}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"prompt_tokens": "many"}, "not_a_count:usage.prompt_tokens"),
        ({"prompt_tokens": 1.5}, "not_a_count:usage.prompt_tokens"),
        ({"prompt_tokens": -1}, "not_a_count:usage.prompt_tokens"),
        ({"prompt_tokens": True}, "not_a_count:usage.prompt_tokens"),
        ({"prompt_tokens": {"a": 1}}, "not_a_count:usage.prompt_tokens"),
        ({"prompt_tokens": [1]}, "not_a_count:usage.prompt_tokens"),
        ({"prompt_tokens": 10**16}, "not_a_count:usage.prompt_tokens"),
        ('{"prompt_tokens": 1e400}', "not_a_count:usage.prompt_tokens"),
        ('{"inputTokens": 9223372036854775808}', "not_a_count:usage.inputTokens"),
        (
            {"input_tokens": 9, "cache_creation": {"ephemeral_5m_input_tokens": "x"}},
            "not_a_count:usage.cache_creation.ephemeral_5m_input_tokens",
        ),
        (
            {
                **GEMINI,
                "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": "x"}],
            },
            "not_a_count:usage.promptTokensDetails",
        ),
        # Only the key that a shape reads is looked at.
        ({"inputTokens": 5, "prompt_tokens_details": {"cached_tokens": "x"}}, None),
        ({"prompt_tokens": 5, "prompt_tokens_details": "garbage"}, None),
        ({"prompt_tokens": 5, "prompt_tokens_details": None}, None),
        ({"promptTokenCount": 5, "promptTokensDetails": [None, 1, "x"]}, None),
        (
            {"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 10}},
            "negative:input_uncached_tokens",
        ),
        ("[1]", "not_an_object:usage"),
        ("5", "not_an_object:usage"),
        ('"text"', "not_an_object:usage"),
        ('"[1]"', "not_an_object:usage"),
        # Text inside text inside text.
        (json.dumps(json.dumps("{}")), "not_an_object:usage"),
        ("{", "malformed_json:usage"),
        ("", "malformed_json:usage"),
    ],
)
def test_what_cannot_be_counted_is_named(meters, body, problem):
    assert meters(body)[0]["problem"] == problem


@pytest.mark.parametrize(
    ("body", "oddity", "unknown", "known"),
    [
        (
            {
                "completion_tokens": 5,
                "completion_tokens_details": {"reasoning_tokens": 6},
            },
            "larger_than_whole:reasoning_tokens",
            ["reasoning_tokens"],
            {"output_tokens": 5},
        ),
        (
            {"prompt_tokens": 5, "prompt_tokens_details": {"audio_tokens": 6}},
            "larger_than_whole:audio_input_tokens",
            ["audio_input_tokens"],
            {"input_uncached_tokens": 5},
        ),
        (
            {**GEMINI, "cachedContentTokenCount": 9},
            "larger_than_whole:cache_read_audio_tokens",
            ["cache_read_audio_tokens"],
            {"cache_read_tokens": 9, "audio_input_tokens": 30},
        ),
        (
            # Two bases in one body that do not agree.
            {
                "prompt_tokens": 50,
                "input_tokens": 40,
                "cache_read_input_tokens": 4,
                "completion_tokens": 7,
            },
            "contradicts:usage.input_tokens",
            list(INPUT),
            {"output_tokens": 7},
        ),
        *(
            ({**body, "cached_tokens": 4}, None, [], {"input_uncached_tokens": 46})
            for body in (
                {"prompt_tokens": 50, "input_tokens": 46},
                {"prompt_tokens": 50, "input_tokens": 50},
                # new-api: a default beside the count.
                {"prompt_tokens": 50, "input_tokens": 0},
            )
        ),
        *(
            (body, "unknown_usage_shape:usage", [*INPUT, "output_tokens"], {})
            for body in (
                {"tokens": 5},
                {"type": "duration", "seconds": 3},
                {"usage": "text"},
                {"usage": {"usage": {"prompt_tokens": 1}}},
            )
        ),
        ({"prompt_tokens": 5, "meta": {"a": 1}}, None, [], {}),
    ],
)
def test_what_is_not_believed_is_unknown_and_the_rest_holds(
    meters, body, oddity, unknown, known
):
    (got,) = meters(body)
    assert (got["problem"], got["oddity"]) == (None, oddity)
    assert {got[name] for name in unknown} <= {None}
    assert {name: got[name] for name in known} == known


@pytest.mark.parametrize(
    "wrap",
    [
        lambda usage: usage,
        json.dumps,
        lambda usage: {"usage": usage},
        lambda usage: json.dumps(json.dumps({"usage": usage})),
        lambda usage: {"usageMetadata": usage},
        lambda usage: {"type": "response.completed", "response": {"usage": usage}},
        lambda usage: {"type": "message_start", "message": {"usage": usage}},
        lambda usage: {"usage": None, "response": {"usage": usage}},
    ],
)
def test_what_wraps_a_body_changes_nothing(meters, wrap):
    plain, got = meters(ANTHROPIC, wrap(ANTHROPIC))
    assert (plain["shape"], got) == ("anthropic", plain)


def test_no_body_means_no_meters(meters):
    with engine() as con:
        ((got,),) = con.execute("select usage_meters(null)").fetchall()
    assert set(got.values()) == {None}


counts = st.integers(0, 10**12)


@given(
    fresh=counts,
    read=counts,
    written=counts,
    short=counts,
    output=counts,
    reasoning=counts,
)
def test_the_disjoint_parts_sum_to_the_input(
    meters, fresh, read, written, short, output, reasoning
):
    whole = fresh + read + written
    details = {"cached_tokens": read, "cache_write_tokens": written}
    bodies = [
        {
            "prompt_tokens": whole,
            "prompt_tokens_details": details,
            "completion_tokens": output,
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        },
        {
            "input_tokens": whole,
            "input_tokens_details": details,
            "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": reasoning},
        },
        {
            "input_tokens": fresh,
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": max(written, short),
            "cache_creation": {"ephemeral_5m_input_tokens": short},
            "output_tokens": output,
            "output_tokens_details": {"thinking_tokens": reasoning},
        },
        {
            "inputTokens": fresh,
            "cacheReadInputTokens": read,
            "cacheWriteInputTokens": written,
            "outputTokens": output,
        },
        {
            "promptTokenCount": whole,
            "cachedContentTokenCount": read,
            "candidatesTokenCount": output,
            "thoughtsTokenCount": reasoning,
        },
    ]
    wholes = [whole, whole, fresh + read + max(written, short), whole, whole]
    for got, stated in zip(meters(*bodies), wholes, strict=True):
        assert sum(got[name] for name in INPUT) == stated
        assert got["problem"] is None
        assert (got["reasoning_tokens"] or 0) <= got["output_tokens"]
        if got["oddity"] is not None:
            assert got["oddity"] == "larger_than_whole:reasoning_tokens"
            assert got["reasoning_tokens"] is None
            assert reasoning > output


values = st.one_of(
    st.none(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                *("prompt_tokens", "completion_tokens", "total_tokens", "input_tokens"),
                *("output_tokens", "cache_read_input_tokens", "cached_tokens"),
                *("prompt_tokens_details", "promptTokenCount", "promptTokensDetails"),
                *("thoughtsTokenCount", "inputTokens", "cacheReadInputTokens"),
                *("billed_units", "usage", "meta"),
            ]
        ),
        values,
    )
)
def test_no_body_makes_a_negative_meter_or_an_error(meters, body):
    (got,) = meters(body)
    numbers = [value for value in got.values() if isinstance(value, int)]
    assert got["problem"] or all(number >= 0 for number in numbers)


def test_events_take_the_same_steps_as_the_macro(meters, shared):
    golden = json.loads((shared / "gateway/genai_usage/usages.json").read_text())
    bodies = [entry["body"] for entry in golden]
    expected = meters(*bodies)
    names = [name for name in expected[0] if name.endswith(("_tokens", "_calls"))]
    with engine() as con:
        con.execute(
            """
            create temp table raw_records as
            select cast(json_object(
                'event_type', 'api_request', 'event_time', '2026-01-01T00:00:00Z',
                'usage', json_object('raw', cast(unnest($1) as json))
            ) as json) as record
            """,
            [[json.dumps(body) for body in bodies]],
        )
        sql, used = composed(con, registry()["events"], {}, GIVEN)
        rows = con.execute(f"select {', '.join(names)} from ({sql})", used).fetchall()
    assert rows == [tuple(got[name] for name in names) for got in expected]
