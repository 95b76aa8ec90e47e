"""Envoy's own text log, and Istio's."""

import json
from datetime import datetime

import pytest

_REST = '"198.51.100.7" "openai-python/1.99.0" "req-1" "api.example.org" "10.0.0.8:443"'
PLAIN = (
    '[2026-05-16T10:00:00.125Z] "POST /v1/chat/completions HTTP/2" 200 - 105 432 1526 '
    f"451 {_REST}"
)
ISTIO = (
    '[2026-05-16T10:00:00.125Z] "POST /v1/chat/completions HTTP/2" 200 - '
    f'via_upstream - "-" 105 432 1526 451 {_REST} outbound|443||api 10.0.0.1:3 '
    "10.0.0.2:4 - default"
)


def envoy_line(number: int) -> bytes:
    day = 16 + number % 2
    return (
        PLAIN.replace("req-1", f"req-{number}")
        .replace("2026-05-16", f"2026-05-{day}")
        .replace("10:00:00", f"10:00:{number % 60:02}")
        .replace("1526", str(1526 + number))
        .encode()
    )


@pytest.mark.parametrize(
    "line",
    [
        PLAIN,
        ISTIO,
        f"ACCESS {PLAIN}",
        json.dumps({"message": PLAIN, "time": "2026-05-17T00:00:00Z"}),
        json.dumps({"log": PLAIN + "\n", "stream": "stdout", "time": "2026-05-17"}),
    ],
)
def test_what_a_line_says(load, rows, line):
    entry = load(line.encode() + b"\n", "a.log").entry
    assert (entry.format, entry.landed_count, entry.unread_count) == (
        "envoy_text",
        1,
        0,
    )
    (row,) = rows()
    assert row["requested_at"] == datetime(2026, 5, 16, 10, 0, 0, 125_000)
    assert (row["request_id"], row["id_basis"]) == ("req-1", "vendor")
    assert (row["request_duration_us"], row["upstream_us"]) == (1_526_000, 451_000)
    assert (row["request_bytes"], row["response_bytes"]) == (105, 432)
    assert (row["service"], row["upstream_host"]) == ("api.example.org", "10.0.0.8")
    assert (row["status_code"], row["error_type"], row["is_aborted"]) == (
        200,
        None,
        False,
    )
    assert row["ip_family"] == "ipv4"


@pytest.mark.parametrize(
    ("flags", "code", "error_type"),
    [
        ("UF,URX", 503, "upstream"),
        ("NR", 404, "not_found"),
        ("UT", 504, "timeout"),
        ("RL", 429, "rate_limit"),
        ("DC", 0, "aborted"),
        ("-", 503, "gateway"),
    ],
)
def test_flags_say_what_went_wrong(load, rows, flags, code, error_type):
    load(PLAIN.replace("200 -", f"{code} {flags}").encode() + b"\n", "a.log")
    (row,) = rows()
    assert row["error_type"] == error_type
    assert row["error_code"] == (flags if flags != "-" else None)
    assert row["status_code"] == (code or None)


def test_a_connection_without_a_request_has_no_path(load, rows):
    line = PLAIN.replace("POST /v1/chat/completions HTTP/2", "- - -")
    load(line.replace("200 - 105", "0 - 105").encode() + b"\n", "a.log", "envoy_text")
    (row,) = rows()
    assert (row["method"], row["status_code"], row["is_aborted"]) == (None, None, False)


def test_a_line_that_is_cut_is_named(load, rejected):
    content = "\n".join([PLAIN, PLAIN[:70], PLAIN.replace("req-1", "req-2")])
    assert load(content.encode(), "a.log").entry.landed_count == 2
    assert [row["reason"] for row in rejected()] == ["malformed_line"]


def test_a_prefix_is_no_part_of_a_line(load, rows):
    line = f"2026-05-16T10:00:09.5Z stdout F {PLAIN}"
    assert load(line.encode() + b"\n", "a.log").entry.landed_count == 1
    assert rows()[0]["requested_at"] == datetime(2026, 5, 16, 10, 0, 0, 125_000)
