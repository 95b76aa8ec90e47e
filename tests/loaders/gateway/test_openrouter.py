"""OpenRouter: native tokens, what BYOK costs, cancelled calls, both spellings."""

import json
import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from loaders.formats import detect
from tests.conftest import changed, ndjson
from tests.loaders.gateway.vendor import CANARY, text_of

BASE: dict[str, Any] = {
    "id": "gen-1",
    "upstream_id": "chatcmpl-1",
    "total_cost": 0.0015,
    "cache_discount": 0.0002,
    "upstream_inference_cost": 0.0012,
    "created_at": "2026-04-01T00:00:02.433273+00:00",
    "model": "openai/gpt-4o",
    "app_id": 12345,
    "streamed": True,
    "cancelled": False,
    "provider_name": "Azure",
    "latency": 1250,
    "moderation_latency": 50,
    "generation_time": 1200,
    "finish_reason": "stop",
    "native_finish_reason": "end_turn",
    "tokens_prompt": 90,
    "tokens_completion": 25,
    "native_tokens_prompt": 100,
    "native_tokens_completion": 30,
    "native_tokens_reasoning": 5,
    "native_tokens_cached": 40,
    "num_media_prompt": None,
    "origin": "https://example.org/",
    "usage": 0.0015,
    "is_byok": False,
    "external_user": "jane@example.org",
}
METERS = "input_uncached_tokens, cache_read_tokens, output_tokens, token_basis"


def sample(n: int) -> dict[str, Any]:
    """The n-th valid record; every third in an SDK's spelling."""
    made = changed(
        BASE,
        id=f"gen-{n}",
        created_at=f"2026-04-0{1 + n % 2}T{n % 24:02}:{n % 60:02}:07.5+00:00",
        native_tokens_prompt=n + 100,
        cancelled=n % 5 == 4,
        is_byok=n % 4 == 3,
    )
    return made if n % 3 else camel(made)


def camel(record):
    """As an SDK spells it."""
    return {
        re.sub("_(.)", lambda letter: letter[1].upper(), name): value
        for name, value in record.items()
    }


@pytest.fixture
def one(load, landed):
    """Land one generation and give the columns asked for."""

    def one(sql, **changes):
        outcome = load(ndjson(changed(BASE, **changes)))
        assert outcome.entry.quarantined_by_reason == {}
        return landed(f"select {sql} from requests")[0]

    return one


ALL = (
    "source_format, request_id, provider_response_id, requested_at, gateway_us, "
    "application_id, provider, model_requested, model_served, deployment_id, "
    "is_streamed, is_aborted, finish_reason, logged_cost_usd, reasoning_tokens, "
    f"tags, {METERS}"
)
EXPECTED = (
    *("openrouter", "gen-1", "chatcmpl-1", datetime(2026, 4, 1, 0, 0, 2, 433273)),
    *(50_000, "12345", "openrouter", "openai/gpt-4o", "openai/gpt-4o", "Azure", True),
    *(False, "end_turn", Decimal("0.0015"), 5, None, 60, 40, 30, "provider_reported"),
)


@pytest.mark.parametrize(
    "content",
    [
        ndjson(BASE),
        ndjson(camel(BASE)),
        ndjson({"data": BASE}),
        json.dumps({"data": camel(BASE)}, indent=1).encode(),
        ndjson({"data": [BASE]}),
    ],
)
def test_every_spelling_and_wrap_gives_the_same_row(load, landed, content):
    assert load(content).entry.landed_count == 1
    assert landed(f"select {ALL} from requests") == [EXPECTED]


def test_a_list_holds_many(load, landed):
    entry = load(ndjson({"data": [sample(0), sample(1)]}, {"data": []})).entry
    assert (entry.read_count, entry.landed_count) == (3, 2)
    assert entry.ignored_by_reason == {"empty_answer": 1}


@pytest.mark.parametrize(
    ("latency", "generation", "streamed", "expected"),
    [
        (1250, 1200, True, (1_250_000, 1_200_000, None)),
        (464, 3200, True, (3_200_000, 3_200_000, 464_000)),
        (464, 3200, False, (3_200_000, 3_200_000, None)),
        (None, None, True, (None, None, None)),
    ],
)
def test_the_longer_time_is_the_whole(one, latency, generation, streamed, expected):
    assert (
        one(
            "request_duration_us, upstream_us, ttft_us",
            latency=latency,
            generation_time=generation,
            streamed=streamed,
        )
        == expected
    )


def test_unknown_native_tokens_are_unknown_and_never_the_normalised_ones(one):
    assert one(
        f"{METERS}, reasoning_tokens",
        native_tokens_prompt=None,
        native_tokens_completion=None,
        native_tokens_cached=None,
        native_tokens_reasoning=None,
    ) == (None, None, None, "missing", None)


def test_a_cost_of_zero_is_a_cost(one):
    assert one("logged_cost_usd", total_cost=0, usage=0) == (0,)


def test_a_key_of_ones_own_costs_what_openrouter_takes(one):
    columns = "logged_cost_usd, tags"
    assert one(columns, is_byok=True, total_cost=0.00006, usage=0.00006) == (
        Decimal("0.00006"),
        '["byok"]',
    )


def test_a_cancelled_call_has_estimated_tokens(one):
    columns = "is_aborted, error_type, token_basis, output_tokens"
    assert one(columns, cancelled=True) == (True, "aborted", "estimated", 30)


def test_a_generation_that_broke_is_an_error(one):
    columns = "error_type, finish_reason"
    assert one(columns, finish_reason="error", native_finish_reason=None) == (
        *("unknown", "error"),
    )


def test_the_router_is_what_was_asked_for(one):
    assert one(
        "model_requested, model_served, attempted_fallbacks",
        router="openrouter/auto",
        provider_responses=[{"status": 503}, {"status": 200}],
    ) == ("openrouter/auto", "openai/gpt-4o", 1)


def test_daily_sums_are_no_calls(load):
    activity = {
        "date": "2026-04-01",
        "model": "openai/gpt-4o",
        "provider_name": "Azure",
        "usage": 1.5,
        "requests": 17,
        "prompt_tokens": 5,
        "completion_tokens": 6,
        "reasoning_tokens": 7,
    }
    assert detect(ndjson({"data": [activity]})) is None
    assert detect(ndjson(activity)) is None
    entry = load(ndjson({"data": [activity, BASE]}), format_="openrouter").entry
    assert entry.ignored_by_reason == {"daily_sum": 1}
    assert entry.landed_count == 1


def test_no_person_and_no_prompt_lands(load, home):
    made = changed(BASE, prompt=CANARY, input=CANARY, http_referer=CANARY)
    assert load(ndjson(made)).entry.landed_count == 1
    assert "canary-3141" not in text_of(home)
    assert "jane@example.org" not in text_of(home)


def test_recognised_by_content_alone():
    for record in (sample(0), sample(1), {"data": sample(2)}):
        found = detect(ndjson(record))
        assert found is not None
        assert found.name == "openrouter"
    assert detect(b'{"data": {"id": 1}}') is None


def test_tokens_that_are_no_counts_are_refused(load, rejected):
    load(ndjson(BASE | {"native_tokens_prompt": "x"}))
    assert [row["reason"] for row in rejected()] == ["not_a_count"]
