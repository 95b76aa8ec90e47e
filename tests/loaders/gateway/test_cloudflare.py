"""Cloudflare AI Gateway: the API's logs, and Logpush with what it encrypts."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from loaders.formats import detect
from tests.conftest import changed, ndjson
from tests.loaders.gateway.vendor import CANARY, text_of

API: dict[str, Any] = {
    "id": "01J",
    "cached": False,
    "created_at": "2026-04-01T00:00:02.117Z",
    "duration": 2500,
    "model": "gpt-4o",
    "path": "chat/completions",
    "provider": "openai",
    "success": True,
    "tokens_in": 100,
    "tokens_out": 30,
    "cost": 0.0035,
    "custom_cost": False,
    "metadata": json.dumps(
        {"team": "team-a", "user": "jane@example.org", "note": CANARY}
    ),
    "request_type": "chat",
    "response_content_type": "text/event-stream; charset=utf-8",
    "request_size": 812,
    "response_size": 4096,
    "request_head": CANARY,
    "response_head": CANARY,
    "status_code": 200,
    "step": 1,
}
SECRET = {"key": "a2V5", "iv": "aXY=", "data": CANARY}
PUSHED: dict[str, Any] = {
    "Cached": False,
    "CreatedAt": "2026-04-01T00:00:02.117Z",
    "Duration": 2500,
    "Endpoint": "chat/completions",
    "Gateway": "prod",
    "Metadata": SECRET,
    "Model": "gpt-4o",
    "Provider": "openai",
    "RateLimited": False,
    "RequestBody": SECRET,
    "ResponseBody": SECRET,
    "StatusCode": 200,
}
METERS = "input_uncached_tokens, output_tokens, token_basis"


def sample(n: int) -> dict[str, Any]:
    """The n-th valid record; every third of Logpush."""
    at = f"2026-04-0{1 + n % 2}T{n % 24:02}:{n % 60:02}:02.{n:03}Z"
    if n % 3 == 2:
        return PUSHED | {"CreatedAt": at, "StatusCode": (200, 424, 429)[n % 2]}
    return changed(API, id=f"log-{n}", created_at=at, tokens_in=n, cached=n % 5 == 4)


@pytest.fixture
def one(load, landed):
    """Land one log of the API and give the columns asked for."""

    def one(sql, **changes):
        outcome = load(ndjson(changed(API, **changes)))
        assert outcome.entry.quarantined_by_reason == {}
        return landed(f"select {sql} from requests")[0]

    return one


ALL = (
    "source_format, request_id, requested_at, request_duration_us, provider, "
    "model_served, operation, status_code, error_type, is_streamed, "
    "is_gateway_cache_hit, attempted_fallbacks, request_bytes, response_bytes, "
    f"team_id, logged_cost_usd, {METERS}"
)


@pytest.mark.parametrize(
    "content",
    [
        ndjson(API),
        json.dumps({"result": [API], "result_info": {}, "success": True}, indent=1),
        json.dumps({"result": API, "success": True}),
    ],
)
def test_every_wrap_gives_the_same_row(load, landed, content):
    text = content if isinstance(content, bytes) else content.encode()
    assert load(text).entry.landed_count == 1
    assert landed(f"select {ALL} from requests") == [
        (
            *("cloudflare", "01J", datetime(2026, 4, 1, 0, 0, 2, 117000), 2_500_000),
            *("openai", "gpt-4o", "chat", 200, None, True, False, 1, 812, 4096),
            *("team-a", Decimal("0.0035"), 100, 30, "gateway_normalized"),
        )
    ]


def test_logpush_is_in_pascal_case_and_says_no_tokens(load, landed, home):
    assert load(ndjson(PUSHED)).entry.landed_count == 1
    assert landed(
        "select service, id_basis, requested_at, request_duration_us, provider, "
        f"model_requested, status_code, team_id, logged_cost_usd, {METERS} "
        "from requests"
    ) == [
        (
            *("prod", "content", datetime(2026, 4, 1, 0, 0, 2, 117000), 2_500_000),
            *("openai", "gpt-4o", 200, None, None, None, None, "missing"),
        )
    ]
    assert "canary-3141" not in text_of(home)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (424, ("validation", "dlp_blocked")),
        (429, ("rate_limit", None)),
        (500, ("gateway", None)),
        (200, (None, None)),
    ],
)
def test_loss_prevention_answers_424(load, landed, status, expected):
    load(ndjson(PUSHED | {"StatusCode": status}))
    assert landed("select error_type, error_code from requests") == [expected]


def test_a_failed_call_has_no_tokens_and_no_cost(one):
    assert one(
        f"error_type, logged_cost_usd, {METERS}",
        success=False,
        status_code=503,
        tokens_in=0,
        tokens_out=0,
        cost=0,
    ) == ("gateway", None, None, None, "missing")


def test_a_hit_replays_tokens_at_no_cost(one):
    columns = f"is_gateway_cache_hit, logged_cost_usd, {METERS}"
    assert one(columns, cached=True, cost=0) == (
        *(True, 0, 100, 30, "replayed_from_cache"),
    )


def test_an_event_groups_the_steps_of_a_request(load, landed):
    steps = [API | {"id": f"log-{n}", "event_id": "e1", "step": n} for n in (0, 1)]
    load(ndjson(*steps))
    assert landed(
        "select logical_request_id, attempted_fallbacks from requests order by 2"
    ) == [("e1", 0), ("e1", 1)]


@pytest.mark.parametrize("metadata", [None, "", "{", "[1]", "5", {"team": "t"}])
def test_metadata_may_be_anything(one, metadata):
    assert one("request_id", metadata=metadata) == ("01J",)


def test_no_prompt_and_no_person_lands(load, home):
    assert load(ndjson(API | {"path": f"chat?q={CANARY}"})).entry.landed_count == 1
    assert "canary-3141" not in text_of(home)
    assert "jane@example.org" not in text_of(home)


def test_recognised_by_content_alone():
    for record in (API, PUSHED, {"result": [API], "success": True}):
        found = detect(ndjson(record))
        assert found is not None
        assert found.name == "cloudflare"
    assert detect(b'{"result": [], "success": true}') is None
    assert detect(b'{"provider": "x", "model": "y", "tokens_in": 1}') is None


def test_tokens_that_are_no_counts_are_refused(load, rejected):
    load(ndjson(API | {"tokens_in": "x", "tokens_out": "y"}))
    assert [row["reason"] for row in rejected()] == ["not_a_count"]
