"""Events: a gateway of one's own, as `events.schema.json` documents it."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from loaders.engine import engine
from loaders.streams import GATEWAY_REQUESTS, PRODUCT_EVENTS, STREAMS
from tests.conftest import PROJECT, changed, ndjson

SCHEMA = json.loads((PROJECT / "loaders/gateway/events.schema.json").read_text())
EVENT: dict[str, Any] = {
    "event_type": "api_request",
    "event_time": "2026-05-16T14:32:10.124Z",
    "request_id": "r1",
    "consumer": {"api_key_id": "k1", "developer_id": "jane@example.org"},
    "api": {"endpoint": "/v1/threads/{id}", "method": "GET", "version": "v1"},
    "timings": {"request_duration_ms": 182.5, "upstream_ms": 120, "queue_ms": 8},
    "result": {"status_code": 200, "error_type": None, "cache": {"hit": False}},
    "usage": {"input_uncached_tokens": 10, "output_tokens": 3},
}


def event(**changes):
    """An event, changed as by `changed`."""
    return changed(EVENT, **changes)


@pytest.fixture
def one(load, landed):
    """Land one event and give the columns asked for."""

    def one(sql, **changes):
        outcome = load(ndjson(event(**changes)))
        assert outcome.entry.quarantined_by_reason == {}
        return landed(f"select {sql} from requests")[0]

    return one


@pytest.fixture
def product_events(home):
    def product_events(sql):
        path = home.lake / "product_events" / "*" / "*.parquet"
        with duckdb.connect() as con:
            return con.execute(
                f"select {sql} from read_parquet($1) order by record_no", [str(path)]
            ).fetchall()

    return product_events


def full(properties):
    """An object with every field that a schema names."""
    samples = {"integer": 7, "number": 0.5, "boolean": True, "string": "word"}
    made = {}
    for name, field in properties.items():
        kinds = field.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if "properties" in field:
            made[name] = full(field["properties"])
        elif "enum" in field:
            made[name] = field["enum"][0]
        elif "array" in kinds:
            made[name] = ["b", "a"]
        elif name.endswith(("_at", "_time")):
            made[name] = "2026-05-16T14:32:10Z"
        elif name.endswith("_usd"):
            made[name] = "0.000000123456"
        elif "object" in kinds:
            made[name] = {"prompt_tokens": 5} if name == "raw" else {"a": 1}
        else:
            made[name] = next(samples[kind] for kind in samples if kind in kinds)
    return made


def test_every_field_of_the_schema_has_a_column_and_every_column_a_field(load, landed):
    made = full(SCHEMA["properties"]) | {"event_type": "api_request"}
    made["flags"]["beta"] = True
    made["network"]["client_ip"] = "192.0.2.1"
    assert load(ndjson(made)).entry.quarantined_by_reason == {}
    names = [column.name for column in GATEWAY_REQUESTS.columns]
    (values,) = landed(f"select {', '.join(names)} from requests")
    assert [name for name, val in zip(names, values, strict=True) if val is None] == []


def test_product_events_have_a_field_for_every_column(load, product_events):
    made = full(SCHEMA["properties"]) | {"event_type": "feedback"}
    made["flags"]["beta"] = True
    load(ndjson(made))
    names = [column.name for column in PRODUCT_EVENTS.columns]
    (values,) = product_events(", ".join(names))
    assert [name for name, val in zip(names, values, strict=True) if val is None] == []


def test_the_schema_lists_the_types_that_land():
    listed = set(SCHEMA["properties"]["event_type"]["enum"])
    (column,) = [c for c in PRODUCT_EVENTS.columns if c.name == "event_type"]
    assert listed == {"api_request", *column.values}
    result, usage = (SCHEMA["properties"][name] for name in ("result", "usage"))
    words = {c.name: {*c.values, None} for c in GATEWAY_REQUESTS.columns if c.values}
    assert set(result["properties"]["error_type"]["enum"]) == words["error_type"]
    assert set(usage["properties"]["token_basis"]["enum"]) == words["token_basis"]


def test_one_file_fills_two_streams_and_balances(home, load, landed, product_events):
    lines = [
        event(),
        event(event_type="key_issued", request_id=...),
        event(event_type="party", request_id=...),
        event(request_id="r2", event_time="2026-05-17T00:00:00Z"),
    ]
    entry = load(ndjson(*lines) + b'{"event_type": "api_\n').entry
    assert (entry.read_count, entry.landed_count) == (5, 3)
    assert entry.quarantined_by_reason == {"unknown_value": 1, "malformed_json": 1}
    assert landed("select request_id, record_no from requests order by all") == [
        ("r1", 1),
        ("r2", 4),
    ]
    assert product_events("event_type, record_no") == [("key_issued", 2)]
    assert {file.stream for file in entry.files} == {
        "gateway_requests",
        "product_events",
    }
    assert (home.lake / "_quarantine" / "gateway_requests").exists()


def test_a_request_as_its_gateway_told_it(one):
    assert one(
        "request_id, id_basis, requested_at, completed_at, request_duration_us, "
        "upstream_us, gateway, endpoint, cache_status, is_aborted, token_basis"
    ) == (
        "r1",
        "vendor",
        datetime(2026, 5, 16, 14, 32, 10, 124000),
        datetime(2026, 5, 16, 14, 32, 10, 306500),
        182500,
        120000,
        "events",
        "/v1/threads/{id}",
        "miss",
        False,
        "gateway_normalized",
    )


@pytest.mark.parametrize(
    ("changes", "column", "expected"),
    [
        ({"result__status_code": 429}, "error_type", "rate_limit"),
        ({"result__status_code": 503}, "error_type", "upstream"),
        ({"result__status_code": 418}, "error_type", "client_other"),
        ({"result": {"status_code": 1, "error_type": "quota"}}, "error_type", "quota"),
        ({"result__status_code": 499}, "is_aborted", True),
        ({"result__is_aborted": True}, "error_type", "aborted"),
        ({"result__status_code": ...}, "is_aborted", None),
        ({"result__status_code": 499}, "token_basis", "estimated"),
        ({"result__cache__hit": True}, "token_basis", "replayed_from_cache"),
        ({"result__cache": None}, "is_gateway_cache_hit", None),
        ({"result__cache": {"status": "HIT"}}, "is_gateway_cache_hit", True),
        ({"result__cache": {"status": "HIT"}}, "token_basis", "replayed_from_cache"),
        ({"result__cache": {"status": "bypass"}}, "is_gateway_cache_hit", False),
        ({"result__cache": {"status": "STALE"}}, "is_gateway_cache_hit", None),
        (
            {"result__cache": {"status": "hit", "hit": False}},
            "is_gateway_cache_hit",
            False,
        ),
        ({"usage": None}, "token_basis", "missing"),
        ({"usage": {"raw": {}}}, "token_basis", "missing"),
        ({"usage": {"raw": {"tokens": 5}}}, "token_basis", "missing"),
        (
            {"usage": {"raw": {"tokens": 5}, "output_tokens": 3}},
            "token_basis",
            "gateway_normalized",
        ),
        ({"usage": {"cache_read_tokens": 0}}, "token_basis", "gateway_normalized"),
        ({"usage": {"reasoning_tokens": 4}}, "token_basis", "gateway_normalized"),
        ({"usage": {"request_bytes": 4}}, "token_basis", "missing"),
        ({"usage": {"raw": {"eval_count": 4}}}, "token_basis", "provider_reported"),
        ({"usage": {"raw": '{"eval_count": 4}'}}, "output_tokens", 4),
        ({"usage__reasoning_tokens": 4}, "reasoning_tokens", None),
        ({"usage__reasoning_tokens": 3}, "reasoning_tokens", 3),
        ({"usage__image_input_tokens": 11}, "image_input_tokens", None),
        ({"usage__audio_input_tokens": 10}, "audio_input_tokens", 10),
        ({"usage": {"input_uncached_tokens": 0}}, "token_basis", "gateway_normalized"),
        ({"api__endpoint": "/v1/x?key=1"}, "endpoint", "/v1/x"),
        ({"tags": ["b", "a", "b", None, {"deep": 1}]}, "tags", '["a","b"]'),
        ({"params": {"top_p": 0.5, "n": 1, "stop": "x", "seed": [1]}}, "params",
         '{"n":1,"top_p":0.5}'),
        ({"params": {"reasoning_effort": "w" * 33}}, "params", None),
        ({"params": {"service_tier": "a b", "prompt": "a"}}, "params", None),
        ({"params": {"response_format": {"type": "json_schema", "name": "x"}}},
         "params", '{"response_format":"json_schema"}'),
        ({"flags": {"prompt": "x", "userEmail": "x", "USER": 7, "user-id": "7",
                    "a b": 1, "x": "two words", "prompt_cache": True, "context": "v2"}},
         "feature_flags", '{"context":"v2","prompt_cache":true}'),
        ({"result__error_code": "invalid_x: say " + "w" * 99}, "error_code",
         "invalid_x:"),
        ({"result__finish_reason": "w" * 200}, "finish_reason", "w" * 128),
        ({"params": {}}, "params", None),
        ({"params": [1]}, "params", None),
        ({"flags": {"variant": "b", "z": 1, "a": None}}, "feature_flags", '{"z":1}'),
        ({"usage__logged_cost_usd": "1e-9"}, "logged_cost_usd", Decimal("0.000000001")),
        ({"event_time": 1778941930}, "requested_at", datetime(2026, 5, 16, 14, 32, 10)),
    ],
)  # fmt: skip
def test_what_a_field_means(one, changes, column, expected):
    assert one(column, **changes) == (expected,)


INPUT = (
    "input_uncached_tokens, cache_read_tokens, cache_write_5m_tokens, "
    "cache_write_1h_tokens, cache_write_other_tokens"
)
RAW = {
    "prompt_tokens": 100,
    "completion_tokens": 5,
    "prompt_tokens_details": {"cached_tokens": 60},
    "completion_tokens_details": {"reasoning_tokens": 4},
}


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({}, (40, 60, 0, 0, 0, 5, 4)),
        # One part of the input is named: what the body says of the others overlaps it.
        ({"input_uncached_tokens": 100}, (100, *[None] * 4, 5, 4)),
        (
            {"input_uncached_tokens": 30, "cache_read_tokens": 70},
            (30, 70, None, None, None, 5, 4),
        ),
        ({"output_tokens": 9}, (40, 60, 0, 0, 0, 9, 4)),
        # The body's reasoning is no part of the output that is named.
        ({"output_tokens": 3}, (40, 60, 0, 0, 0, 3, None)),
        ({"reasoning_tokens": 6}, (40, 60, 0, 0, 0, 5, None)),
    ],
)
def test_names_and_the_body_do_not_add_up(one, named, expected):
    columns = f"{INPUT}, output_tokens, reasoning_tokens"
    assert one(columns, usage={"raw": RAW, **named}) == expected


def test_an_unknown_usage_lands_with_its_cost_status_and_time(one):
    usage = {"raw": {"duration": {"seconds": 3}}, "logged_cost_usd": "0.5"}
    assert one(
        f"{INPUT}, output_tokens, token_basis, logged_cost_usd, status_code, "
        "request_duration_us",
        usage=usage,
    ) == (*[None] * 6, "missing", Decimal("0.5"), 200, 182500)


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"event_time": ...}, "missing", "event_time"),
        ({"event_time": "soon"}, "not_a_time", "event_time"),
        ({"event_time": 1778941930124}, "not_a_time", "event_time"),
        ({"event_time": "1999-01-01"}, "time_out_of_range", "requested_at"),
        ({"event_type": None}, "missing", "event_type"),
        ({"event_type": "party"}, "unknown_value", "event_type"),
        ({"usage__output_tokens": 1.5}, "not_a_count", "usage.output_tokens"),
        ({"usage__output_tokens": -3}, "negative", "output_tokens"),
        ({"usage": {"raw": "{"}}, "not_an_object", "usage"),
        (
            {"usage": {"raw": {"prompt_tokens": "x"}}},
            "not_a_count",
            "usage.prompt_tokens",
        ),
        ({"usage__token_basis": "guess"}, "unknown_value", "token_basis"),
        ({"usage__logged_cost_usd": "$1"}, "not_an_amount", "usage.logged_cost_usd"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_name(load, rejected, changes, reason, field):
    outcome = load(ndjson(event(), event(**changes)))
    assert outcome.entry.landed_count == 1
    assert [(r["record_no"], r["reason"], r["field"]) for r in rejected()] == [
        (2, reason, field)
    ]


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"result__status_code": "OK"}, "status_code"),
        ({"result__error_type": "oops"}, "error_type"),
        ({"result__is_streamed": "yes"}, "is_streamed"),
        ({"timings__ttft_ms": "1 s"}, "ttft_us"),
        ({"timings__ttft_ms": -1}, "ttft_us"),
        ({"timings__ttft_ms": 1767607200}, "ttft_us"),
        ({"quality__feedback_score": 1000}, "feedback_score"),
        ({"quality__feedback_score": "x"}, "feedback_score"),
        ({"client_sent_at": "0001-01-01T00:00:00Z"}, "client_sent_at"),
        ({"client_sent_at": "yesterday"}, "client_sent_at"),
        ({"quota__limit": -1}, "quota_limit"),
    ],
)
def test_what_is_beside_the_point_is_null_and_counted(load, landed, changes, column):
    entry = load(ndjson(event(**changes))).entry
    assert (entry.landed_count, entry.unread_count) == (1, 1)
    assert landed(f"select {column}, output_tokens from requests") == [(None, 3)]


@pytest.mark.parametrize(
    "changes", [{"timings__ttft_ms": ""}, {"result__status_code": ""}, {"usage": ""}]
)
def test_an_empty_text_is_unknown_and_no_misfit(load, changes):
    entry = load(ndjson(event(**changes))).entry
    assert (entry.landed_count, entry.unread_count) == (1, 0)


def test_ids_of_content_do_not_depend_on_the_layout(home, load, landed):
    events = [event(request_id=..., trace_id=str(number)) for number in range(3)]
    load(json.dumps(events, indent=1).encode(), "a.json")
    ids = "select request_id from requests order by trace_id"
    first = landed(ids)
    (home.inbox / "a.json").unlink()
    padded = [*events, event(request_id=..., tags=["x" * 4000])]
    load(json.dumps(padded * 3000, indent=1).encode(), "b.json")
    assert set(first) <= set(landed(ids))


@pytest.fixture(scope="module")
def read_time():
    """`instant` of vocabulary.sql."""
    with engine() as con:
        yield lambda text, zone="UTC": con.execute(
            "select instant($1, $2)", [text, zone]
        ).fetchall()[0][0]


@pytest.mark.parametrize(
    ("text", "hour", "microsecond"),
    [
        ("2026-01-05T10:00:00Z", 10, 0),
        ("2026-01-05T10:00Z", 10, 0),
        ("2026-01-05 10:00+01:00", 9, 0),
        ("2026-01-05t10:00:00z", 10, 0),
        ("2026-01-05t10:00:00.5z", 10, 500000),
        ("2026-01-05T10:00:00,123Z", 10, 123000),
        ("20260105T100000Z", 10, 0),
        ("20260105T1000Z", 10, 0),
        ("20260105T100000.25+0100", 9, 250000),
        ("2026-01-05 10:00:00 -0800", 18, 0),
        ("2026-01-05T10:00:00 -08", 18, 0),
        ("2026-01-05 10:00:00 GMT", 10, 0),
        ("2026-01-05 10:00:00 UTC", 10, 0),
        ("2026/01/05 10:00:00.123456789+00", 10, 123456),
        (" 2026-01-05  10:00:00Z ", 10, 0),
    ],
)
def test_ways_to_write_a_time_with_an_offset(read_time, text, hour, microsecond):
    expected = datetime(2026, 1, 5, hour, 0, 0, microsecond)
    assert read_time(text) == expected
    assert read_time(text, "America/New_York") == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05T10:00:00",
        "2026-01-05t10:00:00",
        "2026-01-05 10:00",
        "2026-01-05 10:00:00,000",
        "2026-01-05 10:00:00.",
        "20260105T100000",
        "20260105 1000",
        "2026-1-5 10:00:00",
    ],
)
def test_ways_to_write_a_local_time(read_time, text):
    assert read_time(text, "Europe/Berlin") == datetime(2026, 1, 5, 9)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05T10:00:00.Z",
        "2026-01-05T10:00:00+00:00:00",
        "2026-01-05T10:00:00+25:00",
        "2026-01-05T10:00:00+01:75",
        "2026-01-05T10:00:00+1",
        "2026-01-05T10:00:00 PST",
        "2026-01-05 10:00:00 PM",
        "2026-01-05 10:00:00 (BC)",
        "2026-01-05T10:00:00 Europe/Berlin",
        "2026-01-05T25:00:00Z",
        "2026-13-05",
        "9999-12-31T23:59:59-12",
        "infinity",
        "epoch",
        "10:00",
        "",
    ],
)
def test_what_is_no_time_is_null_in_every_zone(read_time, text):
    assert read_time(text) is None
    assert read_time(text, "Europe/Berlin") is None


def test_equal_records_without_ids_are_told_apart_by_their_order(load, landed):
    load(ndjson(*[event(request_id=...)] * 3, event(request_id=..., trace_id="t")))
    made = "select request_id from requests where id_basis = 'content'"
    ids = [id_ for (id_,) in landed(f"{made} order by record_no")]
    assert ids[1:3] == [f"{ids[0]}:2", f"{ids[0]}:3"]
    assert len(set(ids)) == 4


def test_equal_files_give_equal_ids_of_content(home, load, landed):
    load(ndjson(event(request_id=...), event(request_id="other")), "one.ndjson")
    load(ndjson(event(request_id="more"), event(request_id=...)), "two.ndjson")
    (count,) = landed(
        "select count(distinct request_id) from requests where id_basis = 'content'"
    )
    assert count == (1,)


def test_deep_and_strange_objects_do_no_harm(load):
    odd = [
        event(flags={"": 1, 'a"b': 2, "$.x": 3, "~/": 4}),
        event(flags="text", tags="text", params=5, usage=[1], consumer="c"),
        event(result=[], api=[], network=7, usage__raw=5),
    ]
    entry = load(ndjson(*odd) + b'{"event_type":"api_request","flags":{"a":1,"a":2},'
                 b'"event_time":"2026-05-16T14:32:10Z"}\n').entry  # fmt: skip
    assert entry.read_count == 4
    assert entry.landed_count + entry.quarantined_count == 4


def test_every_stream_has_a_stated_identity():
    for stream in STREAMS.values():
        assert stream.columns[0].is_required


def test_two_feedbacks_about_one_request_both_name_it(load, product_events):
    said = {"event_type": "feedback", "event_time": "2026-04-01T10:00:00Z"}
    load(ndjson(*(said | {"request_id": "r"} for _ in range(2))))
    found = product_events("request_id, event_id")
    assert [request for request, _ in found] == ["r", "r"]
    assert found[0][1] != found[1][1]


def test_a_type_that_says_nothing_is_what_its_record_is_refused_for(load, rejected):
    load(ndjson({"event_type": "", "event_time": "2026-04-01T10:00:00Z"}))
    (row,) = rejected()
    assert row["field"] != "event_id"
