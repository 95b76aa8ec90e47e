"""Landing: nothing lost, nothing twice, nothing visible before the commit."""

import gzip
import json
import os
import stat

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders.compiled_ledger import compile_ledger
from loaders.errors import LakeUnwritable, SettingsError
from loaders.home import open_home
from loaders.inbox import load_inbox
from loaders.lake import prepare
from loaders.ledger import Ledger
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

    import loaders.gateway

    first = load(ndjson(record("a"))).entry
    litellm, *others = loaders.gateway.GATEWAY_FORMATS
    newer = replace(litellm, version="next")
    monkeypatch.setattr(loaders.gateway, "GATEWAY_FORMATS", (newer, *others))
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

    monkeypatch.setattr("loaders.lake_files.os.fsync", full)
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
            "select landed_count, is_live, format_rank from read_parquet($1) "
            "order by all",
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
    # Mostly sound: a file of junk would be taken apart value by value.
    sound = ndjson(*(record(f"sound-{n}") for n in range(13)))
    content = sound + ending.join(lines)
    (home.inbox / "litellm" / "a").write_bytes(content)
    (outcome,) = load_inbox(home)
    entry = outcome.entry
    expected = sum(1 for line in content.split(b"\n") if line.strip())
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


def test_damage_inside_an_array_costs_the_damaged_record_alone(load, landed, rejected):
    parts = [json.dumps(record(f"{n}")) for n in range(50)]
    parts[20] = parts[20].replace('"chatcmpl-20"', "oops")
    entry = load(("[" + ",\n".join(parts) + "]").encode()).entry
    assert (entry.read_count, entry.landed_count) == (50, 49)
    (row,) = rejected()
    assert row["reason"] == "malformed_json"
    assert row["byte_offset"] == 1 + sum(len(part) + 2 for part in parts[:20])


@pytest.mark.parametrize(
    ("join", "junk"),
    [
        (lambda rows: b"".join(rows), 0),
        (lambda rows: b"[" + rows[0] + b"]\n[" + b",".join(rows[1:]) + b"]\n", 0),
        (lambda rows: b"[" + rows[0] + b"]" + rows[1] + b"\n[" + rows[2] + b"]", 0),
        (lambda rows: b",\n".join(rows) + b",\n", 0),
        (lambda rows: b"".join(b"\x1e" + row + b"\n" for row in rows), 0),
        (lambda rows: b"\r".join(rows), 0),
        (lambda rows: b"[2026-01-01] start\n" + b"\n".join(rows), 1),
        (lambda rows: b'{"type": "header"}\n' + b"\n".join(rows), 1),
        (lambda rows: b"{}\n" + b"\n".join(rows), 1),
    ],
)
def test_records_are_found_however_they_are_laid_out(load, landed, join, junk):
    rows = [ndjson(record(f"{n}")).strip() for n in range(3)]
    entry = load(join(rows)).entry
    assert (entry.landed_count, entry.quarantined_count) == (3, junk)
    assert landed("select logical_request_id from requests order by all") == [
        ("0",),
        ("1",),
        ("2",),
    ]


@pytest.mark.parametrize("text", ["9" * 5000, "1" + "0" * 400, "-" + "9" * 30])
def test_a_number_that_nothing_can_hold_stops_nobody(load, rejected, text):
    bad = json.dumps(record("bad")).replace("0.0033775", text).encode()
    outcome = load(bad + b"\n" + ndjson(record("a"), record("b")))
    assert (outcome.entry.landed_count, outcome.entry.quarantined_count) == (2, 1)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"completion_tokens": 2**63 - 1}, "not_a_count"),
        ({"completion_tokens": 10**13}, "too_large"),
        ({"response_cost": 9e25}, "too_large"),
        ({"metadata__usage_object": {"cache_read_input_tokens": -(2**63)}}, None),
        ({"startTime": "0001-01-01 00:00:00"}, "not_a_time"),
    ],
)
def test_what_would_break_a_sum_or_a_clock_is_refused(load, landed, changes, reason):
    outcome = load(ndjson(record("good"), record("bad", **changes)))
    assert outcome.entry.landed_count == 1
    if reason:
        assert outcome.entry.quarantined_by_reason == {reason: 1}


@pytest.mark.parametrize(
    ("changes", "column", "expected"),
    [
        ({"endTime": "294247-01-10 00:00:00"}, "completed_at", None),
        ({"endTime": "infinity"}, "completed_at", None),
        ({"endTime": 4102444800 + 86400}, "completed_at", None),
        ({"endTime": 0}, "completed_at", None),
        ({"request_tags": ["x" * 5000]}, "tags", None),
        (
            {"hidden_params__additional_headers": {"x_ratelimit_limit_requests": -1}},
            "quota_limit",
            None,
        ),
    ],
)
def test_what_is_beside_the_point_costs_no_record(
    load, landed, changes, column, expected
):
    entry = load(ndjson(record("good"), record("odd", **changes))).entry
    assert (entry.landed_count, entry.unread_count) == (2, 1)
    asked = f"select {column}, output_tokens from requests where logical_request_id = "
    assert landed(f"{asked} 'odd'") == [(expected, 200)]


def test_ids_and_people_may_be_as_long_as_they_like(load, landed):
    records = [
        record(str(number), trace_id=letter * 5000, end_user=letter * 5000)
        for number, letter in enumerate("xyy")
    ]
    assert load(ndjson(*records)).entry.landed_count == 3
    found = landed("select trace_id, end_user_id from requests")
    assert [len(set(values)) for values in zip(*found, strict=True)] == [2, 2]
    assert all(trace.startswith("[long:") for trace, _ in found)


@pytest.mark.parametrize("ms", [1767607200, -5e11, 1e300, "9" * 40])
def test_a_duration_in_the_wrong_unit_stops_nobody(load, landed, ms):
    odd = record("odd", hidden_params__litellm_overhead_time_ms=ms)
    assert load(ndjson(record("good"), odd)).entry.landed_count == 2
    assert landed("select count(gateway_us) from requests") == [(0,)]


def test_a_file_over_years_lands_whole(load, landed):
    days = [
        record(str(n), startTime=1.5e9 + 86400.0 * n, endTime=...) for n in range(1200)
    ]
    assert load(ndjson(*days)).entry.landed_count == 1200
    days = landed("select count(distinct requested_at::date) from requests")
    assert days == [(1200,)]


def test_a_wrong_format_is_put_right_by_naming_the_right_one(home, load, landed):
    content = ndjson(record("a"))
    assert load(content, format_="events").entry.landed_count == 0
    assert load(content, format_="litellm").entry.landed_count == 1
    assert load(content).status == "known"
    assert landed("select logical_request_id from requests") == [("a",)]
    assert [e.format for e in Ledger(home.lake).live.values()] == ["litellm"]


def test_a_rule_that_changed_is_applied_to_files_that_did_not(home, load, landed):
    content = ndjson(record("a", startTime="2026-04-01 00:00:00"))
    load(content)
    (home.path / "tollbook.toml").write_text(
        "[[inbox]]\nglob = '*'\ntimezone = 'Europe/Berlin'\n"
    )
    (outcome,) = load_inbox(open_home(home.path))
    assert outcome.status == "landed"
    assert landed("select cast(requested_at as varchar) from requests") == [
        ("2026-03-31 22:00:00",)
    ]


def read_in(home, zone):
    (home.path / "tollbook.toml").write_text(
        f"[[inbox]]\nglob = '*'\ntimezone = '{zone}'\n"
    )
    return load_inbox(open_home(home.path))


def test_a_rule_that_is_taken_back_holds_again(home, landed):
    content = ndjson(record("a", startTime="2026-04-01 00:00:00"))
    (home.inbox / "a").write_bytes(content)
    for _ in range(3):
        for zone, time in (
            ("UTC", "2026-04-01 00:00:00"),
            ("Asia/Tokyo", "2026-03-31 15:00:00"),
        ):
            assert [o.status for o in read_in(home, zone)] == ["landed"]
            assert [o.status for o in read_in(home, zone)] == ["known"]
            assert landed("select requested_at::varchar from requests") == [(time,)]
    (home.inbox / "a").touch()
    assert [o.status for o in read_in(home, "Asia/Tokyo")] == ["known"]


def test_a_file_that_grew_while_its_rule_changed_is_read_by_the_new_one(home, landed):
    early = ndjson(record("a", startTime="2026-04-01 00:00:00"))
    (home.inbox / "a").write_bytes(early)
    read_in(home, "UTC")
    late = ndjson(record("b", startTime="2026-04-01 01:00:00"))
    (home.inbox / "a").write_bytes(early + late)
    read_in(home, "Asia/Tokyo")
    assert landed("select requested_at::varchar from requests order by 1") == [
        ("2026-03-31 15:00:00",),
        ("2026-03-31 16:00:00",),
    ]


def test_the_same_bytes_under_two_rules_are_one_load(home, landed):
    (home.path / "tollbook.toml").write_text(
        "[[inbox]]\nglob = 'eu/*'\ntimezone = 'Europe/Berlin'\n"
    )
    for folder in ("eu", "us"):
        (home.inbox / folder).mkdir()
        content = ndjson(record("a", startTime="2026-04-01 00:00:00"))
        (home.inbox / folder / "a.ndjson").write_bytes(content)
    load_inbox(open_home(home.path))
    assert landed("select count(*) from requests") == [(1,)]
    assert len(Ledger(home.lake).live) == 1


def test_records_keep_their_places_in_the_file(load, landed):
    # The plan must not lose the order of the file: a join in it would.
    from loaders.contract_check import contract_check
    from loaders.engine import engine
    from loaders.formats import registry
    from loaders.projection import composed
    from tests.conftest import GIVEN

    for format_ in registry().values():
        with engine() as con:
            con.execute("create temp table raw_records as select '{}'::json as record")
            sql, used = composed(con, format_, {}, GIVEN)
            names = con.execute(f"describe ({sql})", used).fetchall()
            check = contract_check(format_, frozenset(name for name, *_ in names))
            plan = con.execute(
                f"explain select *, coalesce(reject, {check}) from ({sql})", used
            ).fetchall()[0][1]
        assert "JOIN" not in plan
        assert "AGGREGATE" not in plan


def test_a_load_of_another_gateway_is_not_replaced(home, landed):
    home.path.joinpath("tollbook.toml").write_text(
        '[[inbox]]\nglob = "eu/*"\ngateway = "eu"\n'
        '[[inbox]]\nglob = "us/*"\ngateway = "us"\n'
    )
    for folder, rows in (("eu", ["a"]), ("us", ["a", "b"])):
        (home.inbox / folder).mkdir()
        (home.inbox / folder / "x").write_bytes(ndjson(*map(record, rows)))
    load_inbox(open_home(home.path))
    assert landed("select gateway, count(*) from requests group by 1 order by 1") == [
        ("eu", 1),
        ("us", 2),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"\x1f\x8b",
        b"\x1f\x8b\x08\x00" + b"junk" * 20,
        gzip.compress(b"", mtime=0)[:-8],
        b"\x28\xb5\x2f\xfd" + b"\x00" * 9,
    ],
)
def test_a_ruined_archive_is_no_empty_file(load, content):
    outcome = load(content, "a.gz")
    assert (outcome.status, outcome.entry) == ("failed", None)


def test_a_damaged_archive_keeps_what_came_before_the_damage(load):
    rows = [record(f"{n}", trace_id=os.urandom(400).hex()) for n in range(300)]
    whole = bytearray(gzip.compress(ndjson(*rows)))
    whole[len(whole) * 9 // 10] ^= 0xFF
    entry = load(bytes(whole), "a.gz").entry
    assert entry.is_truncated
    assert entry.landed_count > 200


def test_a_decompression_bomb_is_left_alone(load, monkeypatch):
    monkeypatch.setattr("loaders.decoding._ALWAYS_ALLOWED", 1 << 20)
    monkeypatch.setattr("loaders.decoding._MOST_RATIO", 100)
    assert load(gzip.compress(b" " * (64 << 20)), "bomb.gz").status == "failed"


def test_names_are_shown_and_kept_without_secrets(home, capfd):
    folder = home.inbox / "alice@corp.example"
    folder.mkdir()
    raw = os.fsencode(folder) + b"/sk-proj-abcdefghijklmnop1234 caf\xe9\n.json"
    with open(raw, "wb") as file:  # noqa: PTH123  the name is no UTF-8
        file.write(ndjson(record("a")))
    (outcome,) = load_inbox(home)
    assert outcome.status == "landed"
    assert outcome.name == r"[masked:email]/[masked:credential] caf\xe9\n.json"
    assert load_inbox(home)[0].status == "known"
    compile_ledger(Ledger(home.lake), home.build / "ledger")


def test_links_keep_their_own_name(home, load, tmp_path):
    target = tmp_path / "elsewhere"
    target.write_bytes(ndjson(record("a")))
    (home.inbox / "litellm").mkdir()
    (home.inbox / "litellm" / "link").symlink_to(target)
    (home.inbox / "loop").symlink_to("loop")
    found = {outcome.name: outcome.status for outcome in load_inbox(home)}
    assert found == {"litellm/link": "landed", "loop": "failed"}
    assert load(b"", "x").status == "empty"


def test_a_damaged_ledger_entry_is_named(home, load):
    load(ndjson(record("a")))
    entry = next((home.lake / "_loads").iterdir())
    entry.write_text("")
    with pytest.raises(LakeUnwritable, match="damaged ledger entry"):
        load_inbox(home)


def test_what_a_killed_run_spilled_is_swept(tmp_path, monkeypatch):
    from loaders.engine import engine

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left, alive = (
        tmp_path / "tollbook-spill-999999999-x",
        tmp_path / "tollbook-spill-1-x",
    )
    for folder in (left, alive):
        folder.mkdir()
    with engine():
        assert not left.exists()
    assert [path.name for path in tmp_path.iterdir()] == [alive.name]


def test_the_same_bytes_in_two_masked_folders_are_known_the_second_night(home):
    # Both folders have one name in the ledger; only their rules tell them apart.
    (home.path / "tollbook.toml").write_text(
        '[[inbox]]\nglob = "alice@x.com/*"\ngateway = "one"\n'
        '[[inbox]]\nglob = "bob@x.com/*"\ngateway = "two"\n'
    )
    for person in ("alice@x.com", "bob@x.com"):
        (home.inbox / person).mkdir(parents=True)
        (home.inbox / person / "s.ndjson").write_bytes(ndjson(record("a")))
    here = open_home(home.path)
    load_inbox(here)
    entries = len(Ledger(home.lake).entries)
    assert {o.status for o in load_inbox(here)} == {"known"}
    assert len(Ledger(home.lake).entries) == entries


def test_a_file_that_is_renamed_while_it_lands_costs_no_other(home, monkeypatch):
    from loaders.source_file import SourceFile

    real = SourceFile.changed_since_opened

    def renamed(source):
        if source.path.name == "big.ndjson":
            source.path.rename(source.path.with_name("big.1"))
        return real(source)

    monkeypatch.setattr(SourceFile, "changed_since_opened", renamed)
    monkeypatch.setattr("loaders.source_file.SMALL_BYTES", 10)
    home.inbox.mkdir(parents=True, exist_ok=True)
    for name in ("big", "other"):
        (home.inbox / f"{name}.ndjson").write_bytes(ndjson(record(name)))
    found = {o.name: o.status for o in load_inbox(home)}
    assert found == {"big.ndjson": "failed", "other.ndjson": "landed"}


def test_a_damaged_contract_file_is_written_anew(home):
    prepare(home.lake)
    (damaged,) = home.lake.glob("gateway_requests/*/contract.parquet")
    damaged.write_bytes(b"")
    prepare(home.lake)
    assert duckdb.sql(f"describe from '{damaged}'").fetchall()


def test_a_damaged_brace_begins_no_array(load, rejected):
    lines = ndjson(*(record(name) for name in "abcd"))
    entry = load(b"[" + lines[1:]).entry
    assert (entry.landed_count, entry.quarantined_count) == (3, 1)
    assert [row["line_no"] for row in rejected()] == [1]
