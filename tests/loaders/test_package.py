"""Small files land together, and are still loads of their own."""

import json

import pytest

from loaders.errors import LakeUnwritable
from loaders.inbox import load_inbox
from loaders.lake import prepare
from loaders.ledger import Ledger
from tests.conftest import ndjson, record


@pytest.fixture
def inbox(home):
    """Put several files into the inbox; load it; outcomes by name."""

    def inbox(**files):
        for name, content in files.items():
            (home.inbox / name).write_bytes(content)
        return {outcome.name: outcome for outcome in load_inbox(home)}

    return inbox


def parquet(home):
    return sorted(
        path.name for path in home.lake.glob("gateway_requests/*/*_0.parquet")
    )


def test_small_files_share_a_parquet_file_and_keep_their_own_counts(
    home, inbox, landed, rejected
):
    found = inbox(
        a=json.dumps(record("a"), indent=2).encode(),
        b=ndjson(record("b1"), record("b2")) + b"{cut\n",
        c=ndjson(record("c", trace_id="joe@example.org")).rstrip(),
        d=json.dumps([record("d1"), record("d2")]).encode(),
    )
    entries = {name: outcome.entry for name, outcome in found.items()}
    assert len({entry.package_id for entry in entries.values()}) == 1
    assert len(parquet(home)) == 1
    counts = {
        name: (e.read_count, e.landed_count, e.quarantined_count, e.masked_count)
        for name, e in entries.items()
    }
    assert counts == {
        "a": (1, 1, 0, 0),
        "b": (3, 2, 1, 0),
        "c": (1, 1, 0, 1),
        "d": (2, 2, 0, 0),
    }
    assert landed(
        "select load_id, record_no, logical_request_id from requests order by 3"
    ) == [
        (entries["a"].load_id, 1, "a"),
        (entries["b"].load_id, 1, "b1"),
        (entries["b"].load_id, 2, "b2"),
        (entries["c"].load_id, 1, "c"),
        (entries["d"].load_id, 1, "d1"),
        (entries["d"].load_id, 2, "d2"),
    ]
    (row,) = rejected()
    assert (row["load_id"], row["record_no"], row["line_no"]) == (
        entries["b"].load_id,
        3,
        3,
    )
    # Each is known for itself afterwards.
    assert {o.status for o in load_inbox(home)} == {"known"}


def test_equal_files_in_one_inbox_are_one_load(home, inbox, landed):
    found = inbox(a=ndjson(record("a")), b=ndjson(record("a")))
    assert (found["a"].status, found["b"].status) == ("landed", "known")
    assert landed("select count(*) from requests") == [(1,)]


def test_a_package_is_committed_whole_or_not_at_all(home, inbox, landed, monkeypatch):
    from loaders import ledger

    real, written = ledger.write_json, []

    def cut_short(path, value, mode=0o644):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path)
        real(path, value, mode)

    monkeypatch.setattr(ledger, "write_json", cut_short)
    files = {name: ndjson(record(name)) for name in "abcd"}
    with pytest.raises(KeyboardInterrupt):
        inbox(**files)
    monkeypatch.undo()
    assert len(list((home.lake / "_loads").glob("*.json"))) == 2
    assert not list((home.lake / "_loads").glob("*.package"))
    assert Ledger(home.lake).entries == {}
    assert len(Ledger(home.lake).incomplete) == 2
    prepare(home.lake)
    assert not list((home.lake / "_loads").glob("*.json"))
    assert parquet(home) == []
    assert {o.status for o in inbox(**files).values()} == {"landed"}
    assert landed("select count(*) from requests") == [(4,)]


def test_a_file_that_cannot_be_read_takes_no_other_along(
    home, inbox, landed, monkeypatch
):
    from loaders import intake
    from loaders.errors import FileNotLanded

    real = intake.land

    def fussy(con, package, *others):
        if any(load.source_path == "b" for load in package.loads):
            raise FileNotLanded(f"{package.loads[0].source.path}: cannot be read")
        return real(con, package, *others)

    monkeypatch.setattr(intake, "land", fussy)
    found = inbox(**{name: ndjson(record(name)) for name in "abc"})
    assert {name: outcome.status for name, outcome in found.items()} == {
        "a": "landed",
        "b": "failed",
        "c": "landed",
    }
    assert landed("select count(*) from requests") == [(2,)]


def test_a_lost_entry_of_a_package_is_named_and_loses_no_other(home, inbox, landed):
    found = inbox(**{name: ndjson(record(name)) for name in "abc"})
    entry = found["b"].entry
    (home.lake / "_loads" / f"{entry.load_id}.json").unlink()
    with pytest.raises(LakeUnwritable, match=f"{entry.package_id}.package"):
        prepare(home.lake)
    assert len(parquet(home)) == 1
    (home.lake / "_loads" / f"{entry.package_id}.package").unlink()
    assert {o.status for o in load_inbox(home)} == {"landed"}
    assert landed("select count(*) from requests") == [(3,)]


@pytest.mark.parametrize("empty", [b"[]", b"[\n]", b",\n,\n"])
def test_a_file_without_records_is_a_load_without_records(home, landed, empty):
    for name, content in (
        ("a", ndjson(record("a"))),
        ("b", empty),
        ("c", ndjson(record("c"))),
        ("d", b"[" + b" " * (2 << 20) + b"]"),
    ):
        (home.inbox / name).write_bytes(content)
    found = {o.name: o for o in load_inbox(home, (), "litellm")}
    counts = {name: o.entry and o.entry.read_count for name, o in found.items()}
    assert counts["a"] == counts["c"] == 1
    assert counts["d"] == 0
    assert landed("select load_id, logical_request_id from requests order by 2") == [
        (found["a"].entry.load_id, "a"),
        (found["c"].entry.load_id, "c"),
    ]


def test_a_copy_that_grew_replaces_one_of_the_same_inbox(home, inbox, landed):
    early = ndjson(record("a")) + b"{cut\n"
    found = inbox(a=early, b=early + ndjson(record("b")))
    assert found["b"].entry.replaces == (found["a"].entry.load_id,)
    assert landed("select count(*) from requests") == [(2,)]


def test_files_whose_names_are_masked_alike_are_told_apart(home, landed):
    import os

    for person in ("bob", "eve"):
        path = home.inbox / f"{person}@example.com" / "d.json"
        path.parent.mkdir()
        path.write_bytes(ndjson(record(person)))
        os.utime(path, (1775000000, 1775000000))
        load_inbox(home)
    assert landed("select count(*) from requests") == [(2,)]


def test_arrays_in_a_large_array_are_taken_apart(home, inbox):
    rows = [record(f"{n}", padding="x" * 30000) for n in range(400)]
    entry = inbox(a=json.dumps([rows[:200], rows[200:]]).encode())["a"].entry
    assert (entry.read_count, entry.landed_count) == (400, 400)


def test_one_member_that_grew_leaves_the_others(home, inbox, landed):
    first = inbox(a=ndjson(record("a")), b=ndjson(record("b")))
    second = inbox(a=ndjson(record("a"), record("a2")))
    assert second["a"].entry.replaces == (first["a"].entry.load_id,)
    prepare(home.lake)
    assert len(parquet(home)) == 2
    live = set(Ledger(home.lake).live)
    assert live == {first["b"].entry.load_id, second["a"].entry.load_id}


def test_files_that_are_read_differently_do_not_mix(home, inbox, landed):
    home.path.joinpath("tollbook.toml").write_text(
        '[[inbox]]\nglob = "eu*"\ngateway = "eu"\n'
    )
    from loaders.home import open_home

    for name in ("eu1", "us1", "eu2"):
        (home.inbox / name).write_bytes(ndjson(record(name)))
    load_inbox(open_home(home.path))
    assert landed(
        "select gateway, logical_request_id from requests order by all"
    ) == [("eu", "eu1"), ("eu", "eu2"), ("litellm", "us1")]  # fmt: skip


def test_large_files_land_alone(home, inbox, landed):
    big = ndjson(*(record(f"{n}", padding="x" * 30000) for n in range(400)))
    found = inbox(a=big, b=ndjson(record("b")), c=ndjson(record("c")))
    sizes = {name: outcome.entry.package_size for name, outcome in found.items()}
    assert sizes == {"a": 1, "b": 2, "c": 2}
    assert landed("select count(*), max(record_no) from requests") == [(402, 400)]
