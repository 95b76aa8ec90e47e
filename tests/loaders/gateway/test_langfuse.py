"""Langfuse exports: buckets that exclude each other, and the totals that tell."""

import copy
import csv
import io
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from loaders.formats import detect
from loaders.home import open_home
from loaders.inbox import load_inbox
from tests.conftest import changed, ndjson
from tests.loaders.gateway.vendor import CANARY, text_of

OBSERVATION: dict[str, Any] = {
    "id": "obs-1",
    "traceId": "trace-1",
    "projectId": "project-1",
    "parentObservationId": None,
    "type": "GENERATION",
    "environment": "staging",
    "name": "chat",
    "level": "DEFAULT",
    "statusMessage": None,
    "version": "1.0.0",
    "startTime": "2026-04-01T10:00:00.250Z",
    "endTime": "2026-04-01T10:00:02.750Z",
    "createdAt": "2026-04-01T10:00:03.000Z",
    "updatedAt": "2026-04-01T10:00:04.000Z",
    "completionStartTime": None,
    "input": None,
    "output": None,
    "metadata": "{}",
    "model": "claude-sonnet-4-5",
    "modelParameters": {"temperature": 0.5, "user": "jane"},
    "promptName": "greeting",
    "latency": 2.5,
    "timeToFirstToken": None,
    "usageDetails": {"input": 100, "output": 20, "total": 120},
    "costDetails": {"input": 0.0003, "output": 0.0003, "total": 0.0006},
    "totalCost": 0.0006,
}
TRACE = {
    "id": "trace-1",
    "projectId": "project-1",
    "userId": "jane@example.org",
    "sessionId": "session-1",
    "tags": ["b", "a"],
    "metadata": "{}",
}
SNAKE = {
    "traceId": "trace_id",
    "projectId": "project_id",
    "parentObservationId": "parent_observation_id",
    "startTime": "start_time",
    "endTime": "end_time",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "completionStartTime": "completion_start_time",
    "statusMessage": "status_message",
    "model": "provided_model_name",
    "modelParameters": "model_parameters",
    "promptName": "prompt_name",
    "timeToFirstToken": "time_to_first_token",
    "usageDetails": "usage_details",
    "costDetails": "cost_details",
    "totalCost": "total_cost",
}


def observation(**changes: Any) -> dict[str, Any]:
    return changed(OBSERVATION, **changes)


def blob_row(made: dict[str, Any]) -> dict[str, Any]:
    """The same as blob storage has it: other names, and UTC that is not told."""
    times = ("startTime", "endTime", "updatedAt", "createdAt", "completionStartTime")
    made = copy.deepcopy(made)
    for name in times:
        if made[name]:
            made[name] = made[name].replace("T", " ").replace("Z", "000")
    return {SNAKE.get(key, key): value for key, value in made.items()}


def as_csv(*rows: dict[str, Any]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    for row in rows:
        cells = {
            key: json.dumps(val) if isinstance(val, dict | list) else val
            for key, val in row.items()
        }
        writer.writerow(cells)
    return text.getvalue().encode()


def sample(n: int) -> dict[str, Any]:
    """The n-th export: an observation in camel or snake case, or a trace of two."""
    minute, day = n % 60, 1 + n % 2
    made = observation(
        id=f"obs-{n}",
        startTime=f"2026-04-{day:02}T10:{minute:02}:00.250Z",
        endTime=f"2026-04-{day:02}T10:{minute:02}:02.750Z",
        usageDetails={"input": n, "output": 2 * n, "total": 3 * n} if n % 5 else {},
        type=("GENERATION", "EMBEDDING", "SPAN")[n % 3],
    )
    if n % 4 == 1:
        return blob_row(made)
    if n % 4 == 2:
        return {"trace": TRACE, "observations": [made, made | {"id": f"second-{n}"}]}
    return made


@pytest.fixture
def one(load, landed):
    """Land one observation and give the columns asked for."""

    def one(sql, **changes):
        entry = load(ndjson(observation(**changes))).entry
        assert (entry.landed_count, entry.quarantined_by_reason) == (1, {})
        return landed(f"select {sql} from requests")[0]

    return one


METERS = (
    "input_uncached_tokens, cache_read_tokens, cache_write_5m_tokens, "
    "cache_write_1h_tokens, cache_write_other_tokens, output_tokens, reasoning_tokens"
)


def test_a_generation_lands_with_its_times_names_and_cost(one):
    assert one(
        "request_id, trace_id, requested_at, completed_at, request_duration_us, "
        "source_updated_at, environment, project_id, operation, model_served, "
        "prompt_template_id, params, logged_cost_usd, error_type"
    ) == (
        "obs-1",
        "trace-1",
        datetime(2026, 4, 1, 10, 0, 0, 250_000),
        datetime(2026, 4, 1, 10, 0, 2, 750_000),
        2_500_000,
        datetime(2026, 4, 1, 10, 0, 4),
        "staging",
        "project-1",
        "chat",
        "claude-sonnet-4-5",
        "greeting",
        '{"temperature":0.5}',
        Decimal("0.0006"),
        None,
    )


def test_latencies_are_in_seconds(one):
    got = one(
        "request_duration_us, ttft_us",
        latency=0.645,
        timeToFirstToken=0.25,
        endTime=None,
    )
    assert got == (645_000, 250_000)


def test_the_first_token_is_told_by_its_time_too(one):
    got = one("ttft_us, is_streamed", completionStartTime="2026-04-01T10:00:01.000Z")
    assert got == (750_000, True)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        # Buckets that exclude each other.
        (
            {
                "input": 3,
                "input_cache_read": 2089,
                "input_cache_creation": 16399,
                "output": 10,
                "total": 18501,
            },
            (3, 2089, 0, 0, 16399, 10, None),
        ),
        (
            {"input": 86, "input_cached_tokens": 1920, "output": 44, "total": 2306}
            | {"output_reasoning_tokens": 256},
            (86, 1920, 0, 0, 0, 300, 256),
        ),
        (
            {"input": 5, "input_cache_creation_5m": 7, "input_cache_creation_1h": 11}
            | {"input_cache_creation": 13, "output": 1},
            (5, 0, 7, 11, 13, 1, None),
        ),
        # The whole of the writes beside its parts.
        (
            {"input": 5, "input_cache_creation_5m": 7, "input_cache_creation_1h": 11}
            | {"input_cache_creation": 18, "output": 1, "total": 24},
            (5, 0, 7, 11, 0, 1, None),
        ),
        # The total says that the parts lie inside.
        (
            {"input": 6, "output": 2055, "completion_details.reasoning": 1104}
            | {"total": 2061},
            (6, 0, 0, 0, 0, 2055, 1104),
        ),
        (
            {"input": 100, "prompt_details.cache_read": 60, "output": 20, "total": 120},
            (40, 60, 0, 0, 0, 20, None),
        ),
        # Zeros are said, absent ones not.
        (
            {"input": 60, "output": 15, "total": 75, "output_reasoning": 0},
            (60, 0, 0, 0, 0, 15, 0),
        ),
        ({"input": 7, "total": 7}, (7, 0, 0, 0, 0, 0, None)),
        ({"input": 7}, (7, 0, 0, 0, 0, None, None)),
        ({}, (None,) * 7),
        (None, (None,) * 7),
    ],
)
def test_buckets_become_meters(one, usage, expected):
    got = one(f"{METERS}, token_basis", usageDetails=usage)
    assert got[:-1] == expected
    is_missing = expected == (None,) * 7
    assert got[-1] == ("missing" if is_missing else "gateway_normalized")


def test_what_gemini_thought_is_only_in_its_total(one):
    got = one(
        "input_uncached_tokens, output_tokens, reasoning_tokens, token_basis",
        model="gemini-2.5-flash",
        usageDetails={"input": 6, "output": 951, "total": 2061},
    )
    assert got == (6, 2055, 1104, "gateway_normalized")


def test_a_total_that_fits_no_reading_makes_an_estimate(one):
    usage = {"input": 100, "output": 20, "total": 77}
    got = one("input_uncached_tokens, token_basis", usageDetails=usage)
    assert got == (100, "estimated")


def test_audio_is_part_of_each_side(one):
    usage = {"input": 10, "input_audio": 5, "output": 20, "output_audio": 6}
    got = one(
        "input_uncached_tokens, audio_input_tokens, output_tokens, audio_output_tokens",
        usageDetails=usage | {"total": 41},
    )
    assert got == (15, 5, 26, 6)


@pytest.mark.parametrize("bad", ["many", -1, 1.5, True])
def test_a_count_that_is_none_is_refused_by_name(load, rejected, bad):
    load(ndjson(observation(usageDetails={"input": bad, "output": 1})))
    assert [(row["reason"], row["field"]) for row in rejected()] == [
        ("not_a_count", "usageDetails")
    ]


@pytest.mark.parametrize("usage", ["[1]", "{", "5", [1, 2], '"x"', {"input": {"a": 1}}])
def test_usage_of_another_shape_is_unknown(one, usage):
    assert one("token_basis", usageDetails=usage) == ("missing",)


def test_a_cost_of_nothing_is_unknown(one):
    assert one("logged_cost_usd", costDetails={}, totalCost=0) == (None,)


def test_a_cost_without_details_is_known(one):
    assert one("logged_cost_usd", costDetails=..., totalCost="0.0000012") == (
        Decimal("0.0000012"),
    )


def test_an_error_is_told_without_its_message(one, home):
    got = one(
        "error_type, status_code, token_basis",
        level="ERROR",
        statusMessage=f"Error code: 429 - {CANARY}",
        usageDetails={},
    )
    assert got == ("rate_limit", 429, "missing")
    assert "canary" not in text_of(home)


@pytest.mark.parametrize("kind", ["SPAN", "EVENT", "AGENT", "TOOL", "CHAIN"])
def test_only_generations_and_embeddings_are_calls(load, kind):
    entry = load(ndjson(observation(type=kind))).entry
    assert entry.ignored_by_reason == {"not_a_model_call": 1}


def exports(made):
    """The same observations in each kind of export."""
    rows = [blob_row(each) for each in made]
    return {
        "api.json": json.dumps(made, indent=1).encode(),
        "lines.jsonl": ndjson(*made),
        "page.json": json.dumps({"data": made, "meta": {"page": 1}}).encode(),
        "trace.json": json.dumps({"trace": {}, "observations": made}).encode(),
        "got.json": json.dumps(
            {"id": "t", "projectId": "p", "userId": None, "sessionId": None}
            | {"observations": made}
        ).encode(),
        "blob.json": json.dumps(rows).encode(),
        "blob.jsonl": ndjson(*rows),
        "blob.csv": as_csv(*rows),
    }


def test_every_export_of_the_same_observations_gives_the_same_rows(home, landed):
    home.path.joinpath("tollbook.toml").write_text(
        '[[inbox]]\nglob = "page.json"\nformat = "langfuse"\n'
        '[[inbox]]\nglob = "*"\ntimezone = "Europe/Berlin"\n'
    )
    made = [
        observation(id="a", completionStartTime="2026-04-01T10:00:01.500Z"),
        observation(id="b", type="EMBEDDING", usageDetails={"input": 5, "total": 5}),
        observation(id="c", level="ERROR", costDetails={}, usageDetails={}),
    ]
    files = exports(made)
    for name, content in files.items():
        (home.inbox / name).write_bytes(content)
    for outcome in load_inbox(open_home(home.path)):
        assert (outcome.name, outcome.entry.format) == (outcome.name, "langfuse")
        assert (outcome.entry.read_count, outcome.entry.landed_count) == (3, 3)
    rows = landed(
        "select request_id, count(*) from (select * exclude (load_id, record_no) "
        "from requests) group by all order by all"
    )
    assert rows == [("a", 8), ("b", 8), ("c", 8)]
    copies = landed(
        "select count(*) from (select distinct * exclude (load_id, record_no) "
        "from requests)"
    )
    assert copies == [(3,)]


def test_user_and_tags_sit_on_the_trace(load, landed):
    load(ndjson({"trace": TRACE, "observations": [OBSERVATION]}))
    ((user, tags),) = landed("select end_user_id, tags from requests")
    assert (len(user), tags) == (32, '["a","b"]')


def test_a_window_that_comes_again_is_the_same_attempt_updated(load, landed):
    later = observation(updatedAt="2026-04-02T00:00:00Z")
    load(ndjson(OBSERVATION), name="first.jsonl")
    load(ndjson(later), name="second.jsonl")
    assert landed(
        "select request_id, source_updated_at from requests order by all"
    ) == [
        ("obs-1", datetime(2026, 4, 1, 10, 0, 4)),
        ("obs-1", datetime(2026, 4, 2)),
    ]


def test_a_trace_without_observations_is_ignored(load):
    entry = load(ndjson({"trace": TRACE, "observations": []})).entry
    assert entry.ignored_by_reason == {"no_observations": 1}


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}])
def test_what_is_no_observation_costs_no_other(load, odd):
    entry = load(ndjson({"trace": odd, "observations": [odd, OBSERVATION]})).entry
    assert (entry.read_count, entry.landed_count) == (2, 1)
    assert entry.quarantined_by_reason == {"missing": 1}


def test_other_files_are_not_taken_for_exports():
    assert detect(b'{"data": [], "meta": {}}') is None
    assert detect(b'{"id": "x", "type": "y", "startTime": 1}') is None


def test_no_text_of_a_client_lands(load, home):
    made = observation(
        name=CANARY,
        input=f'[{{"content": "{CANARY}"}}]',
        output=CANARY,
        metadata=json.dumps({"x": CANARY}),
        statusMessage=CANARY,
        level="ERROR",
        modelParameters={"instructions": CANARY, "temperature": 1},
        usageDetails={CANARY: 5, "input": 1},
        costDetails={CANARY: 5},
    )
    trace = TRACE | {"name": CANARY, "input": CANARY, "output": CANARY}
    bad = made | {"startTime": CANARY}
    load(ndjson({"trace": trace, "observations": [made, bad]}), name="a.json")
    load(as_csv(blob_row(made), blob_row(bad)), name="b.csv")
    text = text_of(home)
    assert "canary" not in text.lower()
    assert "jane@example.org" not in text


@pytest.mark.parametrize(
    ("name", "generations"),
    [
        ("autogen-2025-06-06", 1),
        ("claude-agent-2025-12-22", 4),
        ("google-gemini-2025-08-01", 1),
        ("langgraph-python-2025-08-22", 2),
        ("openai-agents-2025-09-30", 2),
        ("pydantic-ai-2025-06-06", 1),
    ],
)
def test_the_real_exports(shared, load, landed, name, generations):
    text = (shared / f"gateway/langfuse/{name}.trace.json").read_bytes()
    made = json.loads(text)["observations"]
    entry = load(text).entry
    assert (entry.read_count, entry.landed_count) == (len(made), generations)
    assert entry.ignored_by_reason.get("not_a_model_call", 0) == len(made) - generations
    calls = [each for each in made if each["type"] == "GENERATION"]
    assert landed(
        "select sum(input_uncached_tokens + cache_read_tokens + output_tokens), "
        "sum(logged_cost_usd) from requests"
    ) == [
        (
            sum(each["usageDetails"]["total"] for each in calls),
            sum(Decimal(str(each["totalCost"])) for each in calls),
        )
    ]


def test_older_servers_wrote_usage_with_its_unit(one):
    old = {"input": 5, "output": 6, "total": 11, "unit": "TOKENS", "totalCost": 0.01}
    assert one(
        "input_uncached_tokens, output_tokens, logged_cost_usd",
        usageDetails=None,
        usage=old,
        costDetails={"total": 0},
        totalCost=None,
    ) == (5, 6, None)
