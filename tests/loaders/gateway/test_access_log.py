"""Access logs: what a line says, whatever its author put into it."""

import json
from datetime import datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.engine import engine
from tests.conftest import ndjson

COMBINED = (
    "198.51.100.7 - - [17/May/2026:10:05:03 +0200] "
    '"POST /v1/chat/completions HTTP/1.1" 200 5120 "-" "OpenAI/Python 1.99.0"'
)


def combined_line(number: int) -> bytes:
    day, second = 16 + number % 2, number % 60
    referrer = "-" if number % 3 else "https://example.org/canary-text"
    return (
        f"198.51.100.{number % 250} - - [{day}/May/2026:10:{number // 60 % 60:02}:"
        f'{second:02} +0000] "POST /v1/chat/completions HTTP/1.1" 200 {number} '
        f'"{referrer}" "OpenAI/Python 1.{number}.0"'
    ).encode()


def json_line(number: int) -> dict[str, Any]:
    return {
        "time_iso8601": f"2026-05-1{6 + number % 2}T10:00:{number % 60:02}+00:00",
        "remote_addr": f"198.51.100.{number % 250}",
        "request_method": "POST",
        "request_uri": "/v1/messages?beta=true",
        "status": "200",
        "body_bytes_sent": str(100 + number),
        "request_time": "1.250",
        "upstream_response_time": "1.200",
        "upstream_status": "200",
        "upstream_addr": "10.0.0.7:8080",
        "request_id": f"req-{number}",
        "http_user_agent": "Anthropic/Python 0.39.0",
        "http_referer": "https://example.org/canary-text",
    }


def _one(load, rows, line: str, format_: str | None = None):
    assert load(line.encode() + b"\n", "a.log", format_).entry.landed_count == 1
    (row,) = rows()
    return row


def test_a_combined_line_says_who_asked_what_and_when(load, rows):
    row = _one(load, rows, COMBINED)
    assert row["requested_at"] == datetime(2026, 5, 17, 8, 5, 3)
    assert (row["method"], row["status_code"], row["response_bytes"]) == (
        "POST",
        200,
        5120,
    )
    assert (row["ip_family"], row["developer_id"], row["service"]) == (
        "ipv4",
        None,
        None,
    )
    assert (row["token_basis"], row["id_basis"]) == ("missing", "content")
    assert row["request_duration_us"] is None


def test_a_common_line_has_no_agent(load, rows):
    row = _one(load, rows, COMBINED.split(' "-"')[0])
    assert row["response_bytes"] == 5120


def test_a_host_stands_before_the_address(load, rows):
    row = _one(load, rows, f"api.example.org:443 {COMBINED}")
    assert (row["service"], row["ip_family"]) == ("api.example.org:443", "ipv4")


def test_the_first_of_a_list_of_addresses_is_the_clients(load, rows):
    alone = _one(load, rows, COMBINED)["client_ip_hash"]
    listed = COMBINED.replace("198.51.100.7 ", "198.51.100.7, 10.0.0.1, 10.0.0.2 ", 1)
    load(listed.encode() + b"\n", "b.log")
    assert {row["client_ip_hash"] for row in rows()} == {alone}
    assert {row["service"] for row in rows()} == {None}


def test_a_user_of_several_words_is_one_person(load, rows):
    row = _one(load, rows, COMBINED.replace(" - - [", " - Jane Doe ["))
    assert row["developer_id"] not in (None, "Doe", "Jane Doe")


@pytest.mark.parametrize("names", ["- Jane Doe", "ident Jane Doe"])
def test_every_word_of_a_name_is_the_person(load, rows, names):
    load(COMBINED.replace(" - - [", f" {names} [").encode() + b"\n", "a.log")
    other = names.replace("Jane", "John")
    load(COMBINED.replace(" - - [", f" {other} [").encode() + b"\n", "b.log")
    assert len({row["developer_id"] for row in rows()}) == 2
    assert {row["ip_family"] for row in rows()} == {"ipv4"}


@pytest.mark.parametrize("first", ["-", "198.51.100.8"])
def test_what_is_no_host_is_no_service(load, rows, first):
    row = _one(load, rows, f"{first} {COMBINED}".replace(" - - [", " - jane ["))
    assert (row["service"], row["ip_family"]) == (None, "ipv4")
    assert row["developer_id"] is not None


def test_a_dash_hides_no_other_address(load, rows):
    load(ndjson(json_line(1) | {"x_forwarded_for": "-", "request_id": "-"}), "a.json")
    (row,) = rows()
    assert (row["ip_family"], row["id_basis"]) == ("ipv4", "content")


def test_a_large_array_that_is_damaged_at_its_end_lands(home, load, monkeypatch):
    monkeypatch.setattr("loaders.source_file.SMALL_BYTES", 0)
    monkeypatch.setattr("loaders.projection._MOST", 100)
    whole = json.dumps([json_line(n) for n in range(20_000)]).encode()
    entry = load(whole[:-30], "a.json").entry
    assert (entry.landed_count, entry.quarantined_count) == (19_999, 1)


def test_a_dash_for_the_size_is_no_number(load, rows):
    row = _one(load, rows, COMBINED.replace("200 5120", "304 -"))
    assert (row["status_code"], row["response_bytes"]) == (304, None)


@pytest.mark.parametrize("request_", ["-", r"\x16\x03\x01", "", "GET", r"\"quoted\" x"])
def test_a_request_that_is_none_costs_no_record(load, rows, request_):
    line = COMBINED.replace("POST /v1/chat/completions HTTP/1.1", request_)
    row = _one(load, rows, line.replace(" 200 ", " 400 "))
    assert (row["status_code"], row["response_bytes"]) == (400, 5120)
    assert row["error_type"] == "validation"


def test_an_escaped_quote_is_part_of_the_agent(load, rows):
    row = _one(load, rows, COMBINED.replace("OpenAI/", r"a \"b\" OpenAI/"))
    assert row["status_code"] == 200


def test_an_unclosed_quote_costs_its_line_alone(load, rejected):
    broken = COMBINED[:-1]
    content = "\n".join([COMBINED, broken, COMBINED.replace(":03", ":04")]).encode()
    assert load(content, "a.log").entry.landed_count == 2
    (row,) = rejected()
    assert (row["reason"], row["line_no"], row["byte_offset"], row["length_bytes"]) == (
        "malformed_line",
        2,
        len(COMBINED) + 1,
        len(broken),
    )


def test_the_hour_that_a_clock_shows_twice_is_two_hours(load, rows):
    line = COMBINED.replace("17/May/2026:10:05:03 +0200", "25/Oct/2026:02:30:00 {}")
    content = "\n".join([line.format("+0200"), line.format("+0100")]).encode()
    load(content, "a.log")
    assert sorted(row["requested_at"].hour for row in rows()) == [0, 1]


def test_equal_lines_are_as_many_calls(load, rows):
    assert load(f"{COMBINED}\n{COMBINED}\n".encode(), "a.log").entry.landed_count == 2
    assert len({row["request_id"] for row in rows()}) == 2


def test_a_person_in_a_line_does_not_land(home, load):
    person = "jane.canary@example.org"
    load(COMBINED.replace(" - - [", f" - {person} [").encode() + b"\n", "a.log")
    found = duckdb.sql(
        f"select columns(*)::varchar from '{home.lake}/gateway_requests/*/*.parquet'"
    ).fetchall()
    assert found
    assert "canary" not in str(found)


def test_json_under_the_usual_names(load, rows):
    assert load(ndjson(json_line(1)), "a.json").entry.format == "access_log_json"
    (row,) = rows()
    assert (row["gateway"], row["request_id"]) == ("access_log", "req-1")
    assert (row["request_duration_us"], row["upstream_us"]) == (1_250_000, 1_200_000)
    assert (row["method"], row["upstream_host"]) == ("POST", "10.0.0.7")
    assert (row["attempted_retries"], row["retry_reason"]) == (0, None)


def test_servers_that_were_tried_are_retries(load, rows):
    line = json_line(1) | {
        "upstream_addr": "10.0.0.7:80, 10.0.0.8:80 : unix:/run/app.sock",
        "upstream_status": "502, 504 : 200",
        "upstream_response_time": "0.005, 0.120 : 0.300",
        "upstream_header_time": "-, - : 0.250",
    }
    load(ndjson(line), "a.json")
    (row,) = rows()
    assert (row["attempted_retries"], row["retry_reason"]) == (2, "502")
    assert (row["upstream_us"], row["ttft_us"]) == (300_000, 375_000)


def test_a_server_that_never_answered_has_no_time(load, rows):
    line = json_line(1) | {
        "status": "499",
        "upstream_status": "-",
        "upstream_response_time": "-",
        "upstream_addr": "-",
    }
    load(ndjson(line), "a.json")
    (row,) = rows()
    assert (row["upstream_us"], row["upstream_host"]) == (None, None)
    assert (row["error_type"], row["is_aborted"]) == ("aborted", True)


@pytest.mark.parametrize(
    ("time", "hour"),
    [
        ({"msec": "1778925600.125"}, 10),
        ({"time_local": "16/May/2026:12:00:00 +0200"}, 10),
        ({"@timestamp": "2026-05-16T10:00:00.125Z"}, 10),
        ({"time": "1778925600125"}, 10),
    ],
)
def test_times_of_json_lines(load, rows, time, hour):
    line = {k: v for k, v in json_line(1).items() if k != "time_iso8601"} | time
    load(ndjson(line), "a.json")
    assert rows()[0]["requested_at"].hour == hour


def test_operators_name_their_own_fields(home, load, rows):
    (home.path / "tollbook.toml").write_text(
        '[[inbox]]\nglob = "*"\nformat = "access_log_json"\n'
        '[inbox.mapping]\nteam_id = "x team/id"\nrequest_duration_us = "D"\n'
    )
    from loaders.home import open_home
    from loaders.inbox import load_inbox

    line = json_line(1) | {"D": 812, "x team": {"id": "team-a"}}
    del line["request_time"]
    (home.inbox / "a.json").write_bytes(ndjson(line))
    (found,) = load_inbox(open_home(home.path))
    assert found.entry.landed_count == 1
    (row,) = rows()
    assert (row["team_id"], row["request_duration_us"]) == ("team-a", 812)


@given(st.datetimes(datetime(2016, 1, 1), datetime(2099, 1, 1)), st.integers(-12, 14))
def test_every_time_is_read_as_it_was_written(moment, hours):
    moment = moment.replace(microsecond=0)
    text = f"{moment:%d/%b/%Y:%H:%M:%S} {hours:+03d}00"
    with engine() as con:
        (read,) = con.execute(
            "select instant(clf_time($1), 'UTC') + to_hours($2)", [text, hours]
        ).fetchall()[0]
    assert read == moment


def test_the_real_logs_give_what_they_must(home, rows, shared):
    from loaders.inbox import load_inbox

    files = sorted((shared / "gateway/access").iterdir())
    apache, nginx = (each.entry for each in load_inbox(home, files))
    assert (apache.landed_count, apache.quarantined_count) == (9999, 1)
    assert (nginx.landed_count, nginx.quarantined_count) == (13, 0)
    (total,) = duckdb.sql(
        "select sum(response_bytes), count(*) - count(response_bytes), "
        "count(distinct client_ip_hash) "
        f"from '{home.lake}/gateway_requests/*/*.parquet' "
        f"where load_id = '{apache.load_id}'"
    ).fetchall()
    assert total == (2_747_282_505, 669, 1753)
