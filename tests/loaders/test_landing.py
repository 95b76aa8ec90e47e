"""Landing: nothing lost, nothing twice, nothing visible before the commit."""

import gzip
import json
import os
import stat

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders.errors import LakeUnwritable, SettingsError
from loaders.home import open_home
from loaders.inbox import load_inbox
from loaders.lake import prepare
from loaders.ledger import Ledger, compile_ledger
from tests.conftest import ndjson, record


def test_the_same_bytes_are_landed_once_under_any_name(load, landed):
    content = ndjson(record("a"), record("b"))
    first = load(content)
    assert first.status == "landed"
    assert load(content).status == "known"
    assert load(content, "renamed.log").status == "known"
    assert landed("select count(*) from requests") == [(2,)]


def test_a_corrupted_line_is_quarantined_with_its_place_and_the_rest_lands(
    load, landed, rejected
):
    good, bad = ndjson(record("a")), b'{"id": "x", "secret": "prompt\n'
    outcome = load(good + b"\n" + bad + good.replace(b"call-a", b"b"))
    assert (outcome.entry.read_count, outcome.entry.landed_count) == (3, 2)
    (row,) = rejected()
    assert row["reason"] == "malformed_json"
    assert row["record_no"] == 2
    assert row["line_no"] == 3
    assert row["byte_offset"] == len(good) + 1
    assert row["length_bytes"] == len(bad) - 1
    assert row["parser_position"] == bad.index(b'"prompt')
    assert "prompt" not in json.dumps(row)


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"litellm_call_id": None, "id": None}, "missing", "request_id"),
        ({"startTime": ...}, "missing", "startTime"),
        ({"status": ...}, "missing", "status"),
        ({"status": "odd"}, "unknown_value", "status"),
        ({"startTime": "yesterday"}, "not_a_time", "startTime"),
        ({"startTime": [1]}, "not_a_time", "startTime"),
        ({"startTime": 1e300}, "not_a_time", "startTime"),
        ({"startTime": float("nan")}, "not_a_time", "startTime"),
        # Milliseconds where seconds belong, and a clock that was never set.
        ({"startTime": 1775001600250}, "not_a_time", "startTime"),
        ({"startTime": 12.5}, "time_out_of_range", "requested_at"),
        ({"prompt_tokens": "many"}, "not_a_count", "prompt_tokens"),
        ({"prompt_tokens": 1.5}, "not_a_count", "prompt_tokens"),
        ({"prompt_tokens": 10**30}, "not_a_count", "prompt_tokens"),
        ({"prompt_tokens": -1}, "negative", "input_uncached_tokens"),
        ({"completion_tokens": {"a": 1}}, "not_a_count", "completion_tokens"),
        ({"completion_tokens": -7}, "negative", "output_tokens"),
        ({"response_cost": "free"}, "not_an_amount", "response_cost"),
        ({"response_cost": float("inf")}, "not_an_amount", "response_cost"),
        ({"trace_id": "x" * 5000}, "too_long", "trace_id"),
    ],
)
def test_a_broken_promise_is_named(load, landed, rejected, changes, reason, field):
    outcome = load(ndjson(record("good"), record("bad", **changes)))
    assert [(row["reason"], row["field"], row["line_no"]) for row in rejected()] == [
        (reason, field, 2)
    ]
    assert outcome.entry.quarantined_by_reason == {reason: 1}
    assert landed("select logical_request_id from requests") == [("good",)]


@pytest.mark.parametrize(
    "line",
    [
        b'{"a": "\xff\xfe"}',
        b"[1, 2]",
        b'"text"',
        b"null",
        b"17",
        b"{} {}",
        b"\x00\x01",
        b'{"x":' * 5000,
        b"{" + b'"k": 1,' * 10 + b"}",
        b"\xef\xbb\xbf{}",
    ],
)
def test_a_hostile_line_takes_no_other_along(load, landed, rejected, line):
    outcome = load(ndjson(record("a")) + line + b"\n" + ndjson(record("b")))
    assert (outcome.entry.read_count, outcome.entry.landed_count) == (3, 2)
    assert [row["line_no"] for row in rejected()] == [2]


def test_a_damaged_array_keeps_what_came_before(load, landed, rejected):
    text = json.dumps([record("a"), record("b"), record("c")], indent=1)
    cut = text.index('"call-c"') if '"call-c"' in text else text.rindex("litellm_call")
    outcome = load(text[:cut].encode())
    assert (outcome.entry.read_count, outcome.entry.landed_count) == (3, 2)
    (row,) = rejected()
    assert row["reason"] == "malformed_json"
    assert row["byte_offset"] + row["length_bytes"] == cut


def test_a_cut_gzip_lands_what_is_there_and_says_so(load, landed):
    records = [record(f"{n}", trace_id=os.urandom(400).hex()) for n in range(300)]
    whole = gzip.compress(ndjson(*records))
    cut = load(whole[: len(whole) // 2], "cut.gz").entry
    assert cut.is_truncated
    assert 0 < cut.landed_count < 300
    assert cut.read_count == cut.landed_count + cut.quarantined_count
    # The whole file takes its place.
    entry = load(whole, "cut.gz").entry
    assert entry.replaces == (cut.load_id,)
    assert not entry.is_truncated
    assert landed("select count(*) from requests") == [(300,)]


def test_a_file_that_grew_replaces_its_earlier_load(home, load, landed):
    early, late = ndjson(record("a"), record("b")), ndjson(record("c"))
    first = load(early, "day.ndjson").entry
    second = load(early + late, "day.ndjson").entry
    assert second.replaces == (first.load_id,)
    assert set(Ledger(home.lake).live) == {second.load_id}
    assert landed("select count(*) from requests") == [(3,)]
    # The earlier file again, under another name: nothing new.
    assert load(early, "copy.ndjson").status == "known"


def test_growth_is_known_by_content_and_not_by_name(load, landed):
    first = load(ndjson(record("a")), "log").entry
    rotated = load(ndjson(record("b"), record("c")), "log").entry
    assert rotated.replaces == ()
    grown = load(gzip.compress(ndjson(record("a"), record("d"))), "log.1.gz").entry
    assert grown.replaces == (first.load_id,)
    assert landed(
        "select logical_request_id from requests order by all"
    ) == [("a",), ("b",), ("c",), ("d",)]  # fmt: skip


def test_a_new_version_of_the_format_lands_its_files_anew(load, landed, monkeypatch):
    from dataclasses import replace

    from loaders.gateway import litellm

    first = load(ndjson(record("a"))).entry
    newer = replace(litellm.LITELLM, version="next")
    monkeypatch.setattr(litellm, "LITELLM", newer)
    second = load(ndjson(record("a"))).entry
    assert second.replaces == (first.load_id,)
    assert landed("select load_id from requests") == [(second.load_id,)]


def test_a_killed_load_leaves_nothing_that_a_reader_sees(home, load, monkeypatch):
    monkeypatch.setattr(Ledger, "commit", lambda *_: os.kill(os.getpid(), 0) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        load(ndjson(record("a")) + b"{cut\n")
    monkeypatch.undo()
    stray = list(home.lake.glob("gateway_requests/*/*_0.parquet"))
    assert stray
    assert not Ledger(home.lake).entries
    prepare(home.lake)  # what every load and build does first
    assert not any(path.exists() for path in stray)
    assert not list(home.lake.glob("_quarantine/*/*_0.parquet"))
    assert load(ndjson(record("a")) + b"{cut\n").entry.landed_count == 1


def test_a_lake_that_cannot_be_written_says_so(home, load, monkeypatch):
    load(ndjson(record("a")))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("loaders.landing.os.fsync", full)
    with pytest.raises(LakeUnwritable, match="No space left"):
        load(ndjson(record("b")), "b.ndjson")
    monkeypatch.undo()
    assert len(Ledger(home.lake).entries) == 1
    assert load(ndjson(record("b")), "b.ndjson").entry.landed_count == 1


def test_a_file_that_changes_while_it_is_read_waits(home, load, monkeypatch):
    from loaders.source_file import SourceFile

    monkeypatch.setattr(SourceFile, "changed_since_opened", lambda _: True)
    outcome = load(ndjson(record("a")))
    assert (outcome.status, outcome.entry) == ("failed", None)
    assert "changed while" in outcome.reason
    monkeypatch.undo()
    assert load(ndjson(record("a"))).status == "landed"


@pytest.mark.parametrize(
    "name", ["it's.ndjson", "a[1]*?.ndjson", "-rf", "new\nline", "ünïcode 🎈", "x.csv"]
)
def test_file_names_are_data(load, landed, name):
    assert load(ndjson(record("a")), name).status == "landed"
    assert landed("select count(*) from requests") == [(1,)]


def test_what_is_no_log_is_left_alone(home, load):
    os.mkfifo(home.inbox / "pipe")
    (home.inbox / "gone").symlink_to("nowhere")
    assert load(b"", "empty").status == "empty"
    assert load(b" \n\n", "blank").status == "empty"
    assert load(b"hello\nworld\n", "notes.txt").status == "not_recognised"
    assert load(b"\x89PNG\r\n\x1a\n\x00", "picture").status == "not_recognised"
    statuses = {o.name: o.status for o in load_inbox(home)}
    assert statuses["pipe"] == "failed"


def test_a_folder_named_like_a_format_forces_it(load, rejected):
    outcome = load(b"hello\n", "litellm/notes.txt")
    assert outcome.entry.quarantined_by_reason == {"malformed_json": 1}


def test_an_ignored_file_is_not_read(home):
    home.path.joinpath("tollbook.toml").write_text(
        '[[inbox]]\nglob = "*.md"\nformat = "ignore"\n'
    )
    (home.inbox / "notes.md").write_text("hello")
    assert [o.status for o in load_inbox(open_home(home.path))] == ["ignored"]


def test_a_path_that_is_not_there_is_wrong_usage(home, tmp_path):
    with pytest.raises(SettingsError, match="no such file"):
        load_inbox(home, [tmp_path / "missing"])
    with pytest.raises(SettingsError, match="one of litellm"):
        load_inbox(home, [], "nonsense")


def test_the_inbox_is_never_written(home, load):
    load(ndjson(record("a")))
    path = home.inbox / "a.ndjson"
    before = path.stat()
    load_inbox(home)
    after = path.stat()
    assert (after.st_mtime_ns, after.st_mode) == (before.st_mtime_ns, before.st_mode)
    assert [p.name for p in home.inbox.iterdir()] == ["a.ndjson"]


def test_lake_files_are_as_the_ledger_says(home, load):
    entry = load(
        ndjson(record("a"), record("b", startTime=1775174400.5, endTime=None))
    ).entry
    assert entry.days == {"2026-04-01", "2026-04-03"}
    assert (entry.min_time, entry.max_time) == (
        "2026-04-01 00:00:00.25",
        "2026-04-03 00:00:00.5",
    )
    for file in entry.files:
        path = home.lake / file.path
        assert path.stat().st_size == file.size_bytes
        with duckdb.connect() as con:
            rows = con.execute("select count(*) from read_parquet($1)", [str(path)])
            assert rows.fetchall() == [(file.row_count,)]


def test_the_compiled_ledger_says_what_is_live(home, load, tmp_path):
    load(ndjson(record("a")))
    load(ndjson(record("a"), record("b")))
    compile_ledger(Ledger(home.lake), tmp_path)
    with duckdb.connect() as con:
        loads = con.execute(
            "select landed_count, is_live, format_rank from read_parquet($1) order by 1",
            [str(tmp_path / "loads.parquet")],
        ).fetchall()
    assert loads == [(1, False, 10), (2, True, 10)]


def test_the_pseudonym_key_is_private(home, load):
    load(ndjson(record("a")))
    key = home.path / "secrets" / "pseudonym.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.chmod(0o644)
    with pytest.raises(SettingsError, match="readable by others"):
        load_inbox(home)


_LINES = st.one_of(
    st.integers(0, 50).map(lambda n: ndjson(record(f"call-{n}"))[:-1]),
    st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b"")),
    st.sampled_from([b"", b"  ", b"\r", b"{}", b"[]", b'{"a"', b"\xff"]),
    st.tuples(st.integers(0, 9), st.integers(1, 400)).map(
        lambda cut: ndjson(record(f"call-{cut[0]}"))[: cut[1]]
    ),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(lines=st.lists(_LINES, max_size=12), ending=st.sampled_from([b"\n", b"\r\n"]))
def test_read_is_landed_plus_quarantined(tmp_path_factory, lines, ending):
    home = open_home(tmp_path_factory.mktemp("home"))
    (home.inbox / "litellm").mkdir(parents=True)
    content = ndjson(record("first")) + ending.join(lines)
    (home.inbox / "litellm" / "a").write_bytes(content)
    (outcome,) = load_inbox(home)
    entry = outcome.entry
    expected = sum(1 for line in content.split(b"\n") if line.strip(b" \t\r\n"))
    good = sum(1 for line in content.split(b"\n") if _is_record(line))
    assert entry.read_count == expected
    assert entry.landed_count == good
    assert entry.quarantined_count == expected - good
    assert sum(entry.quarantined_by_reason.values()) == entry.quarantined_count


def _is_record(line: bytes) -> bool:
    try:
        return json.loads(line)["status"] == "success"
    except (ValueError, TypeError, KeyError):
        return False
