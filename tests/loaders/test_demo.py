"""The demo world: what its files must be, whoever reads them."""

import csv
import gzip
import hashlib
import inspect
import json
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from loaders.demo import write_demo
from loaders.formats import detect
from loaders.privacy import masked
from loaders.seeds import compile_seeds


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def true(world: Path, sql: str) -> list[tuple]:
    """Ask what is true; `{attempts}` stands for its table."""
    tables = {
        path.stem: f"read_parquet('{path}')"
        for path in (world / "demo" / "truth").glob("*.parquet")
    }
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        return con.execute(sql.format(**tables)).fetchall()


def lines_of(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).splitlines()


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    """All the days and all the people, with few requests."""
    folder = tmp_path_factory.mktemp("demo")
    list(write_demo(folder, requests_a_day=300))
    return folder


def test_the_default_is_two_months_of_five_thousand_requests():
    defaults = inspect.signature(write_demo).parameters
    assert defaults["days"].default == 61
    assert defaults["requests_a_day"].default == 5000


def test_the_same_seed_gives_the_same_bytes(tmp_path, monkeypatch):
    list(write_demo(tmp_path / "here", days=4, requests_a_day=400))
    # On more threads and in smaller blocks, too.
    monkeypatch.setattr("loaders.demo.world._THREADS", 3)
    monkeypatch.setattr("loaders.demo.world._BLOCK", 800)
    list(write_demo(tmp_path / "there", days=4, requests_a_day=400))
    assert len(digests(tmp_path / "here")) > 30
    assert digests(tmp_path / "here") == digests(tmp_path / "there")


def test_another_seed_gives_another_world(tmp_path):
    list(write_demo(tmp_path / "one", days=1, requests_a_day=100, seed=1))
    list(write_demo(tmp_path / "two", days=1, requests_a_day=100, seed=2))
    one, two = digests(tmp_path / "one"), digests(tmp_path / "two")
    usual = "inbox/demo/events/2026-04-01/gateway-eu.ndjson.gz"
    assert one[usual] != two[usual]


def test_what_is_yielded_is_what_is_written(tmp_path):
    paths = list(write_demo(tmp_path, days=2, requests_a_day=100))
    assert len(paths) == len(set(paths))
    assert sorted(paths) == sorted(p for p in tmp_path.rglob("*") if p.is_file())


def test_the_company_has_rules_and_leaves_those_that_are_there(world, tmp_path):
    names = {path.stem for path in (world / "seeds" / "costs").iterdir()}
    assert names == {"allocation_policies", "budgets", "cost_pools", "price_overrides"}
    assert compile_seeds(world, tmp_path / "build").keys() == names
    own = tmp_path / "seeds" / "costs" / "budgets.csv"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    written = list(write_demo(tmp_path, days=1, requests_a_day=100))
    assert own.read_text() == "mine"
    assert own not in written
    assert own.with_name("cost_pools.csv") in written


def test_the_company_has_its_people(world):
    def count(table, key):
        path = world / "inbox" / "demo" / "directory" / f"directory_{table}.csv"
        return len({row[key] for row in csv.DictReader(path.read_text().splitlines())})

    assert count("organizations", "organization_id") == 41
    assert 880 <= count("developers", "developer_id") <= 920
    assert 1180 <= count("api_keys", "api_key_id") <= 1220
    teams = world / "inbox" / "demo" / "directory" / "directory_teams.csv"
    rows = list(csv.DictReader(teams.read_text().splitlines()))
    own = [row for row in rows if row["organization_id"] == "org-tollgate"]
    assert len({row["team_id"] for row in own}) == 12
    assert len({row["cost_center_id"] for row in own}) == 12
    others = {row["cost_center_id"] for row in rows if row not in own}
    assert others == {"cc-5000", "cc-5100", ""}


def test_the_world_has_its_stories(world):
    ((first, last, days),) = true(
        world,
        "select min(requested_at)::date::varchar, max(requested_at)::date::varchar, "
        "count(distinct requested_at::date) from {attempts}",
    )
    assert (first, days) == ("2026-04-01", 61)
    assert last == "2026-05-31"
    per_day = true(world, "select count(*) / 61.0 from {logical_requests}")[0][0]
    assert 250 < per_day < 350
    stories = {
        story for (story,) in true(world, "select distinct story from {attempts}")
    }
    assert stories >= {
        "plain", "cache_hit", "retried", "fell_back", "aborted", "over_quota",
        "timeout", "exhausted",
    }  # fmt: skip
    # The batch job never sleeps: its requests lie in all hours of the day.
    hours = true(
        world,
        "select count(distinct extract(hour from requested_at)) from {attempts} "
        "where is_batch_job",
    )
    assert hours == [(24,)]
    # A few customers make most of the traffic; keys are issued throughout.
    ((top, all_),) = true(
        world,
        """
        select sum(n) filter (place <= 4), sum(n) from (
            select count(*) as n, row_number() over (order by count(*) desc) as place
            from {attempts} where gateway = 'events' group by organization_id
        )
        """,
    )
    assert top > 0.4 * all_
    issued = true(
        world,
        "select count(distinct occurred_at::date) from {product_events} "
        "where event_type = 'key_issued'",
    )[0][0]
    assert issued > 50
    shifts = true(
        world,
        """
        select avg((api_version = 'v2')::int) from {attempts}
        where operation = 'chat' group by requested_at < '2026-04-30' order by 1
        """,
    )
    assert shifts[0][0] < 0.3 < 0.6 < shifts[1][0]
    ((during, before),) = true(
        world,
        """
        select
            avg((status_code >= 500)::int)
                filter (requested_at between began_at and ended_at),
            avg((status_code >= 500)::int) filter (requested_at < began_at)
        from {attempts} inner join {incidents} using (provider)
        """,
    )
    assert during > 10 * before


def test_the_files_hold_what_is_true(world):
    inbox = world / "inbox" / "demo"
    files = true(world, "select path, kind, record_count, rejected_count from {files}")
    written = {
        str(path.relative_to(inbox))
        for path in inbox.rglob("*")
        if path.is_file() and path.parent.name != "directory"
    }
    assert {path for path, *_ in files} == written
    bad = Counter(
        path
        for (path,) in true(world, "select file from {faults} where reason is not null")
    )
    once: Counter[str] = Counter()
    for path, kind, record_count, rejected_count in files:
        lines = lines_of(inbox / path)
        assert len(lines) == record_count
        if kind in ("normal", "late"):
            assert bad[path] == rejected_count
            once.update(kinds_of(lines))
    ((attempts,),) = true(world, "select count(*) from {attempts} where is_logged")
    assert once["api_request"] == attempts
    for event_type, count in true(
        world, "select event_type, count(*) from {product_events} group by 1"
    ):
        assert once[event_type] == count, event_type


def kinds_of(lines: list[bytes]) -> list[str]:
    """What each line that can be read is; a LiteLLM record is an api_request, too."""
    kinds = []
    for line in lines:
        if b'"bad_' not in line:
            record = json.loads(line)
            kinds.append(record.get("event_type", "api_request"))
    return kinds


def test_bad_lines_lie_where_they_are_said_to(world):
    inbox = world / "inbox" / "demo"
    faults = true(
        world, "select file, line_no, id from {faults} where reason is not null"
    )
    assert len(faults) > 30
    for file, line_no, id_ in faults:
        assert id_.encode() in lines_of(inbox / file)[line_no - 1]


def test_duplicates_have_the_same_bytes_and_late_files_earlier_days(world):
    inbox = world / "inbox" / "demo"
    kinds = {kind for (kind,) in true(world, "select distinct kind from {files}")}
    assert kinds == {"normal", "late", "duplicate", "resent"}
    for (path,) in true(world, "select path from {files} where kind = 'duplicate'"):
        original = next(
            other
            for other in inbox.rglob("*.gz")
            if other != inbox / path
            and other.read_bytes() == (inbox / path).read_bytes()
        )
        assert original.parent.name < Path(path).parent.name
    for (path,) in true(world, "select path from {files} where kind = 'resent'"):
        original = Path(path).name.split("-resent-")[0] + ".ndjson.gz"
        day = path.split("-resent-")[1].split(".")[0]
        sent = set(lines_of(inbox / "events" / day / original))
        assert set(lines_of(inbox / path)) < sent
    late = true(world, "select path from {files} where kind = 'late'")
    for (path,) in late:
        _, arrived, _ = path.split("/")
        for line in lines_of(inbox / path):
            assert json.loads(line)["event_time"][:10] < arrived


def test_every_vendor_file_is_recognised(world):
    known = Counter(
        found.name if (found := detect(head_of(path))) else str(path)
        for path in (world / "inbox").rglob("*")
        if path.is_file()
    )
    assert known["litellm"] == 61
    assert known["events"] > 183
    assert known["directory_projects"] == 2
    assert sum(name.startswith("directory_") for name in known) == 12
    assert len(known) == 14, known


def head_of(path: Path) -> bytes:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data)[:65536]


def test_secrets_and_mail_in_free_text_have_the_shapes_that_are_masked(world):
    values = true(
        world, "select value from {personal} where kind in ('credential', 'email')"
    )
    assert len(values) > 20
    for (value,) in values:
        assert value not in masked(f"debug:{value}")


def test_addresses_are_those_set_aside_for_documentation(world):
    for (value,) in true(
        world, "select value from {personal} where kind = 'client_ip'"
    ):
        assert value.startswith(("192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"))
