"""Helicone: the API's dollars, the table's billionths, versions of a row."""

import csv
import io
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from loaders.formats import detect
from tests.conftest import changed, ndjson
from tests.loaders.gateway.vendor import CANARY, text_of

NO_REFERENCE = "00000000-0000-0000-0000-000000000000"
API: dict[str, Any] = {
    "response_id": "resp-1",
    "response_created_at": "2026-04-01T00:00:04.500Z",
    "response_status": 200,
    "response_body": {"choices": [{"message": {"content": CANARY}}]},
    "request_id": "req-1",
    "request_created_at": "2026-04-01T00:00:02.000Z",
    "request_body": {"messages": [{"content": CANARY}]},
    "request_user_id": "jane@example.org",
    "request_properties": {"team": "team-a", "environment": "prod", "note": CANARY},
    "provider": "OPENAI",
    "delay_ms": 2500,
    "time_to_first_token": 310,
    "request_model": "gpt-4o",
    "response_model": "gpt-4o-2024-08-06",
    "total_tokens": 130,
    "prompt_tokens": 100,
    "completion_tokens": 30,
    "prompt_cache_read_tokens": 40,
    "prompt_cache_write_tokens": 8,
    "country_code": "DE",
    "target_url": "https://api.openai.com/v1/chat/completions?x=1",
    "cache_reference_id": NO_REFERENCE,
    "cost": 0.0035,
    "updated_at": "2026-04-01T00:00:05Z",
}
TABLE: dict[str, Any] = {
    "response_id": "resp-1",
    "response_created_at": "2026-04-01 00:00:04.500000",
    "request_id": "req-1",
    "request_created_at": "2026-04-01 00:00:02.000000",
    "latency": 2500,
    "time_to_first_token": "310",
    "status": 200,
    "prompt_tokens": "100",
    "completion_tokens": 30,
    "prompt_cache_read_tokens": 40,
    "prompt_cache_write_tokens": 8,
    "prompt_audio_tokens": 0,
    "reasoning_tokens": 0,
    "model": "gpt-4o",
    "provider": "OPENAI",
    "user_id": "jane@example.org",
    "organization_id": "org-1",
    "proxy_key_id": "key-1",
    "country_code": "DE",
    "target_url": "https://api.openai.com/v1/chat/completions",
    "properties": {"team": "team-a", "environment": "prod"},
    "cache_reference_id": NO_REFERENCE,
    "cost": 3500000,
    "request_body": CANARY,
    "response_body": CANARY,
    "updated_at": "2026-04-01 00:00:05",
}
METERS = (
    "input_uncached_tokens, cache_read_tokens, cache_write_other_tokens, "
    "output_tokens, token_basis"
)
COMMON = (
    "source_format, request_id, requested_at, completed_at, request_duration_us, "
    "ttft_us, source_updated_at, team_id, environment, country, provider, "
    "model_requested, upstream_host, operation, status_code, is_gateway_cache_hit, "
    f"logged_cost_usd, {METERS}"
)
EXPECTED = (
    *("helicone", "req-1", datetime(2026, 4, 1, 0, 0, 2)),
    *(datetime(2026, 4, 1, 0, 0, 4, 500000), 2_500_000, 310_000),
    *(datetime(2026, 4, 1, 0, 0, 5), "team-a", "prod", "DE", "openai", "gpt-4o"),
    *("api.openai.com", "chat", 200, False, Decimal("0.0035")),
    *(100, 40, 8, 30, "gateway_normalized"),
)


def sample(n: int) -> dict[str, Any]:
    """The n-th valid record; every other one of the table."""
    return changed(
        TABLE if n % 2 else API,
        request_id=f"req-{n}",
        request_created_at=f"2026-04-0{1 + n % 2}T{n % 24:02}:{n % 60:02}:02Z",
        response_created_at=f"2026-04-0{1 + n % 2}T{n % 24:02}:{n % 60:02}:04Z",
        prompt_tokens=n,
    )


@pytest.fixture
def one(load, landed):
    """Land one request of the API and give the columns asked for."""

    def one(sql, **changes):
        outcome = load(ndjson(changed(API, **changes)))
        assert outcome.entry.quarantined_by_reason == {}
        return landed(f"select {sql} from requests")[0]

    return one


@pytest.mark.parametrize(
    "content", [ndjson(API), ndjson(TABLE), ndjson({"data": [API]})]
)
def test_the_api_and_the_table_give_the_same_row(load, landed, content):
    assert load(content).entry.landed_count == 1
    assert landed(f"select {COMMON} from requests") == [EXPECTED]


def test_the_table_names_the_key_and_its_organization(load, landed):
    load(ndjson(TABLE))
    columns = "api_key_id, organization_id, reasoning_tokens, audio_input_tokens"
    assert landed(f"select {columns} from requests") == [("key-1", "org-1", None, None)]


def test_reasoning_comes_on_top_of_the_completion(one):
    columns = f"{METERS}, reasoning_tokens"
    assert one(columns, reasoning_tokens=500) == (
        *(100, 40, 8, 530, "gateway_normalized", 500),
    )


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (1, Decimal("0.000000001")),
        (18446744073709551, Decimal("18446744.073709551")),
        ("3500000", Decimal("0.0035")),
        (0, Decimal(0)),
        (None, None),
    ],
)
def test_the_table_counts_billionths_of_a_dollar(load, landed, cost, expected):
    load(ndjson(TABLE | {"cost": cost}))
    assert landed("select logged_cost_usd from requests") == [(expected,)]


def test_dollars_are_preferred_where_both_are_there(one):
    assert one("logged_cost_usd", costUSD=0.0036) == (Decimal("0.0036"),)


@pytest.mark.parametrize("cost", ["many", "1e40", 10**25])
def test_no_cost_is_made_of_what_is_none(load, rejected, cost):
    load(ndjson(TABLE | {"cost": cost}))
    assert [row["field"] for row in rejected()] == ["logged_cost_usd"]


def test_the_export_tool_writes_csv_in_dollars(load, landed):
    names = [
        *("response_id", "response_created_at", "response_status"),
        *("request_created_at", "request_body", "request_properties"),
        *("request_user_id", "model", "prompt_tokens", "completion_tokens"),
        *("latency", "cost"),
    ]
    row = API | {"model": "gpt-4o", "latency": 2500, "request_body": CANARY}
    text = io.StringIO()
    writer = csv.DictWriter(text, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerow(row)
    assert load(text.getvalue().encode(), "output.csv").entry.landed_count == 1
    assert landed(
        "select request_id, request_duration_us, status_code, logged_cost_usd, "
        "model_served, input_uncached_tokens, output_tokens from requests"
    ) == [("resp-1", 2_500_000, 200, Decimal("0.0035"), "gpt-4o", 100, 30)]


def test_versions_of_a_row_say_when_they_were_written(load, landed):
    later = TABLE | {"updated_at": "2026-04-01 01:00:00", "completion_tokens": 31}
    assert load(ndjson(TABLE, later)).entry.landed_count == 2
    assert landed(
        "select request_id, arg_max(output_tokens, source_updated_at) from requests "
        "group by all"
    ) == [("req-1", 31)]


def test_a_hit_of_the_cache_names_the_request_it_repeats(one):
    columns = "is_gateway_cache_hit, token_basis, logged_cost_usd"
    assert one(columns, cache_reference_id="req-0", cost=0) == (
        *(True, "replayed_from_cache", 0),
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (429, (429, "rate_limit", None)),
        (500, (500, "gateway", None)),
        (-1, (None, "timeout", None)),
        (-2, (None, None, None)),
        (-3, (None, "aborted", True)),
        (-4, (None, "validation", None)),
    ],
)
def test_states_below_zero_are_no_http_status(one, status, expected):
    columns = "status_code, error_type, nullif(is_aborted, false)"
    assert one(columns, response_status=status) == expected


@pytest.mark.parametrize("nothing", [0, -1, None])
def test_a_failed_call_has_no_tokens_and_no_cost(one, nothing):
    assert one(
        f"{METERS}, logged_cost_usd, ttft_us",
        response_status=500,
        prompt_tokens=nothing,
        completion_tokens=nothing,
        prompt_cache_read_tokens=nothing,
        prompt_cache_write_tokens=nothing,
        time_to_first_token=nothing,
        cost=0,
    ) == (None, None, None, None, "missing", None, None)


def test_no_prompt_and_no_person_lands(load, home):
    load(ndjson(changed(API, request_path=f"/v1?q={CANARY}"), TABLE))
    assert "canary-3141" not in text_of(home)
    assert "jane@example.org" not in text_of(home)


def test_recognised_by_content_alone():
    for record in (API, TABLE, {"data": [API]}):
        found = detect(ndjson(record))
        assert found is not None
        assert found.name == "helicone"
    assert detect(b'{"request_id": 1, "request_created_at": 2}') is None


def test_tokens_that_are_no_counts_are_refused(load, rejected):
    load(ndjson(API | {"prompt_tokens": "x", "completion_tokens": "y"}))
    assert [row["reason"] for row in rejected()] == ["not_a_count"]
