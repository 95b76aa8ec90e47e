"""Publishing: all or nothing, whatever readers do."""

import stat
import subprocess
import sys
from datetime import date

import duckdb
import pytest

from loaders.errors import NotPublished
from nightly.audit import Broken
from nightly.publish import current_manifest, publish, stray_wals
from nightly.warehouse import begin_build


def read(home, sql="select count(*) from usage.fct_attempts"):
    with duckdb.connect(str(home.published / "tollbook.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


def read_in_another_process(home):
    code = (
        "import duckdb, sys; print(duckdb.connect(sys.argv[1], read_only=True)"
        ".execute('select count(*) from usage.fct_attempts').fetchone()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(home.published / "tollbook.duckdb")],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def test_only_tables_of_marts_are_published_and_nobody_may_write(home, book):
    book(5, "one")
    done = publish(home)
    tables = read(
        home, "select schema_name, table_name from duckdb_tables() order by 1"
    )
    assert tables == [("quality", "fct_loads"), ("usage", "fct_attempts")]
    assert read(home, "select count(*) from duckdb_views() where not internal") == [
        (0,)
    ]
    for name in ("tollbook.duckdb", "tollbook.json"):
        assert stat.S_IMODE((home.published / name).stat().st_mode) == 0o444
    assert done.manifest["tables"]["usage.fct_attempts"]["rows"] == 5
    assert current_manifest(home) == done.manifest


def test_the_same_books_are_published_once(home, book):
    book(5, "one")
    first = publish(home)
    book(5, "one")
    again = publish(home)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.run_id == first.run_id


def test_corrected_books_and_lost_files_are_published_anew(home, book):
    book(5, "one")
    first = publish(home)
    book(6, "one")
    assert publish(home).is_new
    assert read(home) == [(6,)]
    (home.published / "tollbook.duckdb").unlink()
    assert publish(home).is_new
    assert read(home) == [(6,)]
    assert first.run_id != publish(home).run_id


def test_other_things_beside_the_runs_are_left_alone(home, book):
    book(5, "one")
    publish(home)
    (home.path / ".published" / ".DS_Store").write_text("")
    book(6, "two")
    assert publish(home).is_new
    assert (home.path / ".published" / ".DS_Store").exists()


def test_equal_rows_have_equal_hashes_in_any_order(home, book):
    book(5, "one")
    first = publish(home).manifest["tables"]
    book(5, "two")
    with duckdb.connect(str(home.warehouse)) as con:
        sql = "create or replace table usage.fct_attempts as from range(5)"
        con.execute(f"{sql} order by 1 desc")
    second = publish(home).manifest["tables"]
    assert second == first
    book(6, "three")
    assert publish(home).manifest["tables"] != first


def test_books_that_no_audit_passed_stay_private(home, book):
    with pytest.raises(NotPublished, match="nothing is built"):
        publish(home)
    book(5, "one")
    publish(home)
    book(6, "two", failed=(Broken("assert_x", 1, None),))
    with pytest.raises(NotPublished, match="no audit has passed"):
        publish(home)
    assert read(home) == [(5,)]
    # An audit of other books says nothing about these.
    book(6, "two")
    begin_build(home.warehouse, [date(2026, 1, 2)])
    with pytest.raises(NotPublished, match="no audit has passed"):
        publish(home)
    assert read(home) == [(5,)]


def test_a_reader_keeps_its_book_and_the_next_one_sees_the_new(home, book):
    book(5, "one")
    publish(home)
    reader = duckdb.connect(str(home.published / "tollbook.duckdb"), read_only=True)
    book(6, "two")
    publish(home)
    assert reader.execute("select count(*) from usage.fct_attempts").fetchall() == [
        (5,)
    ]
    assert read_in_another_process(home) == 6
    reader.close()
    assert read(home) == [(6,)]


def test_what_a_writer_left_beside_a_book_never_reaches_the_next(home, book):
    book(5, "one")
    publish(home)
    target = home.published.resolve() / "tollbook.duckdb"
    target.chmod(0o644)
    code = (
        "import duckdb, os, sys; con = duckdb.connect(sys.argv[1]); "
        "con.execute('create table mine as select 1'); "
        "con.execute('insert into usage.fct_attempts values (99)'); os._exit(9)"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(home.published / "tollbook.duckdb")]
    )
    assert stray_wals(home) == [target.with_name("tollbook.duckdb.wal")]
    book(6, "two")
    publish(home)
    assert read_in_another_process(home) == 6
    assert read(home, "select count(*) from duckdb_tables()") == [(2,)]


def test_three_runs_are_kept_and_a_killed_one_is_not(home, book, monkeypatch):
    monkeypatch.setattr("nightly.publish._GRACE_S", -1)
    killed = home.path / ".published" / "20200101T000000Z-01"
    for number in range(5):
        book(number, str(number))
        publish(home)
        killed.mkdir(exist_ok=True)
        (killed / "tollbook.duckdb").write_bytes(b"half")
    book(9, "last")
    run_id = publish(home).run_id
    runs = sorted(path.name for path in (home.path / ".published").iterdir())
    assert len(runs) == 3
    assert runs[-1] == run_id
    assert killed.name not in runs


def test_a_run_that_a_reader_may_be_opening_is_kept(home, book):
    for number in range(5):
        book(number, str(number))
        publish(home)
    assert len(list((home.path / ".published").iterdir())) == 5


def test_a_failed_publish_leaves_what_was_there(home, book, monkeypatch):
    book(5, "one")
    publish(home)
    book(6, "two")
    monkeypatch.setattr("nightly.publish.shutil.copyfile", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        publish(home)
    assert read(home) == [(5,)]
    assert len(list((home.path / ".published").iterdir())) == 1
