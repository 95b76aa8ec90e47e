"""Portkey: cents, metadata in two shapes, JSONL and CSV."""

import csv
import io
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from loaders.formats import detect
from tests.conftest import changed, ndjson
from tests.loaders.gateway.vendor import CANARY, text_of

BASE: dict[str, Any] = {
    "id": "log-1",
    "created_at": "2026-04-01T00:00:02.000Z",
    "request.body": {"messages": [{"content": CANARY}]},
    "response.body": {"choices": [{"message": {"content": CANARY}}]},
    "is_success": 1,
    "ai_org": "openai",
    "ai_model": "gpt-4o-2024-08-06",
    "req_units": 100,
    "res_units": 30,
    "total_units": 130,
    "cost": 0.055,
    "cost_currency": "USD",
    "request_url": "https://api.openai.com/v1/chat/completions",
    "request_method": "POST",
    "response_status_code": 200,
    "response_time": 2500,
    "cache_status": "MISS",
    "cache_type": "SIMPLE",
    "stream_mode": "TRUE",
    "retry_success_count": 2,
    "trace_id": "trace-1",
    "mode": "FALLBACK",
    "virtual_key": "openai-prod",
    "runtime": "node",
    "sdk_version": "1.9.1",
    "config": "pc-1",
    "prompt_slug": "greeting",
    "metadata.key": ["_user", "team", "environment"],
    "metadata.value": ["jane@example.org", "team-a", "prod"],
}
METERS = "input_uncached_tokens, output_tokens, token_basis"
COMMON = (
    "source_format, request_id, requested_at, request_duration_us, provider, "
    "model_served, upstream_host, method, operation, status_code, error_type, "
    "is_streamed, attempted_retries, trace_id, provider_account_hint, "
    "prompt_template_id, sdk_version, team_id, environment, logged_cost_usd, "
    f"cache_status, is_gateway_cache_hit, {METERS}"
)
EXPECTED = (
    *("portkey", "log-1", datetime(2026, 4, 1, 0, 0, 2), 2_500_000, "openai"),
    *("gpt-4o-2024-08-06", "api.openai.com", "POST", "chat", 200, None, True, 2),
    *("trace-1", "openai-prod", "greeting", "1.9.1", "team-a", "prod"),
    *(Decimal("0.00055"), "miss", False, 100, 30, "gateway_normalized"),
)


def sample(n: int) -> dict[str, Any]:
    """The n-th valid record; every fourth call failed."""
    made = changed(
        BASE,
        id=f"log-{n}",
        created_at=f"2026-04-0{1 + n % 2}T{n % 24:02}:{n % 60:02}:02Z",
        req_units=n + 1,
        cache_status=("MISS", "HIT", "SEMANTIC HIT", "DISABLED")[n % 4],
    )
    if n % 4 == 3:
        made |= {"is_success": 0, "response_status_code": 429, "req_units": 0}
        made |= {"res_units": 0, "cost": 0}
    return made


def as_csv(*records: dict[str, Any]) -> bytes:
    """With lists and objects as JSON in a cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]))
    writer.writeheader()
    for record in records:
        cells = {
            name: json.dumps(val) if isinstance(val, list | dict) else val
            for name, val in record.items()
        }
        writer.writerow(cells)
    return text.getvalue().encode()


@pytest.fixture
def one(load, landed):
    """Land one log and give the columns asked for."""

    def one(sql, **changes):
        outcome = load(ndjson(changed(BASE, **changes)))
        assert outcome.entry.quarantined_by_reason == {}
        return landed(f"select {sql} from requests")[0]

    return one


@pytest.mark.parametrize("write", [ndjson, as_csv])
def test_both_forms_of_export_give_the_same_row(load, landed, write):
    assert load(write(BASE), "export.txt").entry.landed_count == 1
    assert landed(f"select {COMMON} from requests") == [EXPECTED]


def test_metadata_may_be_an_object(load, landed):
    made = {name: val for name, val in BASE.items() if "metadata" not in name}
    made["metadata"] = {"_user": "jane@example.org", "team": "team-b"}
    load(ndjson(made))
    assert landed(
        "select team_id, environment, end_user_id is not null from requests"
    ) == [("team-b", None, True)]


@pytest.mark.parametrize(
    ("cost", "currency", "expected"),
    [
        (1, "USD", Decimal("0.01")),
        ("0.00012345", "usd", Decimal("0.0000012345")),
        (1.6e-05, None, Decimal("0.00000016")),
        (5, "EUR", None),
        (None, "USD", None),
        (0, "USD", Decimal(0)),
    ],
)
def test_costs_are_cents(one, cost, currency, expected):
    assert one("logged_cost_usd", cost=cost, cost_currency=currency) == (expected,)


@pytest.mark.parametrize("cost", ["much", "1e40"])
def test_no_cost_is_made_of_what_is_none(load, rejected, cost):
    load(ndjson(BASE | {"cost": cost}))
    assert [row["field"] for row in rejected()] == ["logged_cost_usd"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("HIT", (True, "replayed_from_cache")),
        ("SEMANTIC HIT", (True, "replayed_from_cache")),
        ("DISABLED", (False, "gateway_normalized")),
        (None, (None, "gateway_normalized")),
    ],
)
def test_hits_replay_tokens(one, status, expected):
    assert one("is_gateway_cache_hit, token_basis", cache_status=status) == expected


def test_a_failed_call_has_no_tokens(one):
    assert one(
        f"error_type, {METERS}",
        is_success=0,
        response_status_code=500,
        req_units=0,
        res_units=0,
    ) == ("gateway", None, None, "missing")


def test_a_call_that_failed_without_a_status_is_an_error(one):
    columns = "status_code, error_type"
    assert one(columns, is_success=0, response_status_code=None) == (None, "unknown")


def test_logs_without_an_id_are_known_by_their_content(load, landed):
    made = {name: val for name, val in BASE.items() if name != "id"}
    assert load(ndjson(made, made)).entry.landed_count == 2
    assert landed("select count(distinct request_id), min(id_basis) from requests") == [
        (2, "content")
    ]


def test_no_prompt_and_no_person_lands(load, home):
    made = BASE | {"request_url": f"https://api.openai.com/v1/x?q={CANARY}"}
    assert load(ndjson(made)).entry.landed_count == 1
    assert load(as_csv(made), "b.csv").entry.landed_count == 1
    assert "canary-3141" not in text_of(home)
    assert "jane@example.org" not in text_of(home)


def test_recognised_by_content_alone():
    for content in (ndjson(BASE), as_csv(BASE)):
        found = detect(content)
        assert found is not None
        assert found.name == "portkey"
    assert detect(b'{"ai_org": "x", "cost": 1}') is None


def test_tokens_that_are_no_counts_are_refused(load, rejected):
    load(ndjson(BASE | {"req_units": "x", "res_units": "y"}))
    assert [row["reason"] for row in rejected()] == ["not_a_count"]
