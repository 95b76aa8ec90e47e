"""The directory: tables from CSV and JSON, each row read or refused by name."""

import json
import time

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.csv_rows import REFUSED, header_of, rows_of
from loaders.formats import detect
from loaders.json_values import layout_of, values_of
from loaders.privacy import pseudonym, pseudonym_key
from loaders.streams import DIRECTORY

TEAMS = (
    b"team_id,organization_id,name,cost_center_id,valid_from,is_deleted,recorded_at\n"
)


@pytest.fixture
def rows(home):
    """The rows of a directory table in the lake."""

    def rows(table, columns="*"):
        path = home.lake / f"directory_{table}" / "*.parquet"
        with duckdb.connect() as con:
            return con.execute(
                f"select {columns} from read_parquet($1) order by record_no",
                [str(path)],
            ).fetchall()

    return rows


@pytest.mark.parametrize("stream", DIRECTORY, ids=lambda stream: stream.name)
def test_each_table_is_known_by_its_columns_alone(stream):
    added = {"row_hash", "load_id", "record_no"}
    columns = [column.name for column in stream.columns if column.name not in added]
    assert detect(",".join(columns).encode() + b"\n").name == stream.name
    assert detect(json.dumps([dict.fromkeys(columns)]).encode()).name == stream.name
    ids = [column.name for column in stream.columns if column.is_required]
    few = [name for name in ids if name not in added]
    assert detect(",".join(few).encode() + b"\n").name.startswith("directory_")


def test_a_table_lands_from_csv_and_json_alike(load, rows):
    load(TEAMS + b't1,o1,"A, B",c1,2026-01-01,,\n', "one.csv")
    told = {"team_id": "t1", "organization_id": "o1", "name": "A, B",
            "cost_center_id": "c1", "valid_from": "2026-01-01T00:00:00Z"}  # fmt: skip
    load(json.dumps([told]).encode(), "two.json")
    (first, second) = rows("teams", "* exclude (load_id)")
    assert first == second


def test_times_are_read_in_the_zone_of_the_rule(home, load, rows):
    (home.path / "tollbook.toml").write_text(
        "[[inbox]]\nglob = '*.csv'\ntimezone = 'America/New_York'\n"
    )
    from loaders.home import open_home
    from loaders.inbox import load_inbox

    (home.inbox / "a.csv").write_bytes(TEAMS + b"t1,o1,n,c,2026-07-01,false,\n")
    load_inbox(open_home(home.path))
    assert rows("teams", "cast(valid_from as varchar)") == [("2026-07-01 04:00:00",)]


@pytest.mark.parametrize(
    ("row", "reason", "field"),
    [
        (b"t1,o1,n,c,yesterday,,", "not_a_time", "valid_from"),
        (b"t1,o1,n,c,,,", "missing", "valid_from"),
        (b",o1,n,c,2026-01-01,,", "missing", "team_id"),
        (b"t1,o1,n,c,2026-01-01,maybe,", "not_a_boolean", "is_deleted"),
        (b"t1,o1,n,c,1776000000000,,", "not_a_time", "valid_from"),
        (b"t1,o1,n", "wrong_column_count", None),
        (b't1,"o1,n,c,2026-01-01,,', "unclosed_quote", None),
        (b"t1,o1,\xff,c,2026-01-01,,", "not_utf8", None),
    ],
)
def test_a_bad_row_is_refused_alone(load, rows, rejected, row, reason, field):
    good = b"t0,o0,n,c,2026-01-01,,\n"
    outcome = load(TEAMS + good + row + b"\n\r\n" + good.replace(b"t0", b"t9"), "t.csv")
    assert outcome.entry.quarantined_by_reason == {reason: 1}
    assert [team for (team,) in rows("teams", "team_id")] == ["t0", "t9"]
    (found,) = rejected()
    assert (found["record_no"], found["field"]) == (2, field)
    assert found["byte_offset"] == len(TEAMS + good)
    assert found["length_bytes"] == len(row)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_ways_to_write_csv(load, rows, end, delimiter):
    text = end.join(
        [
            delimiter.join(["team_id", "name", "valid_from"]),
            delimiter.join(["t1", '"two\nlines"', "2026-01-01"]),
            "",
        ]
    )
    load(b"\xef\xbb\xbf" + text.encode(), "directory_teams_2026.csv")
    assert rows("teams", "team_id, name") == [("t1", "two\nlines")]


def test_people_have_the_pseudonyms_that_requests_give_them(home, load, rows):
    load(b"developer_id,organization_id,valid_from\njane@example.org,o,2026-01-01\n",
         "d.csv")  # fmt: skip
    known = pseudonym(pseudonym_key(home.path), "jane@example.org")
    assert rows("developers", "developer_id") == [(known,)]


def test_the_hash_of_a_row_tells_its_values_apart_and_no_times(load, rows):
    load(
        TEAMS
        + b"t1,o1,n,c,2026-01-01,,2026-01-01\nt1,o1,n,c,2026-02-01,,\n"
        + b"t1,o1,n,,2026-03-01,,\nt1,o1,,n,2026-03-01,,\nt1,o1,n,c,2026-04-01,true,\n",
        "t.csv",
    )
    first, later, *others = [value for (value,) in rows("teams", "row_hash")]
    assert first == later
    assert len({first, *others}) == 4


def test_a_dump_of_every_night_leaves_a_file_a_night(home, load):
    load(TEAMS + b"t1,o1,n,c,2026-01-01,,\nt2,o1,n,c,2026-01-02,,\n", "1.csv")
    load(TEAMS + b"t1,o1,n,c,2026-01-01,,\nt3,o1,n,c,2026-01-03,,\n", "2.csv")
    found = sorted(path.name for path in (home.lake / "directory_teams").glob("*"))
    assert len(found) == 3  # and contract.parquet


def test_unknown_columns_are_left_unless_the_name_says_the_table(load, rows):
    text = b"team_id,boss_mail,valid_from\nt1,jane@example.org,2026-01-01\n"
    assert load(text, "people.csv").status == "not_recognised"
    assert load(text, "directory_teams-2.csv").status == "landed"
    assert rows("teams", "team_id") == [("t1",)]


_CELL = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=8)


@pytest.mark.parametrize("reason", ["jane@example.org said so", "not_utf8", 7, None])
def test_a_reason_of_the_clients_own_is_no_reason(home, load, rejected, reason):
    entry = {"team_id": "t1", "valid_from": "2026-01-01", REFUSED: reason}
    outcome = load(json.dumps([entry]).encode(), "directory_teams.json")
    is_ours = reason == "not_utf8"
    assert outcome.entry.quarantined_by_reason == ({reason: 1} if is_ours else {})


def _told(text):
    return [json.loads(value) for _, _, value in rows_of(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a,b\n1,5" team\n2,x\n3,6" team\n', ['5" team', "x", '6" team']),
        ('a,b\n1,"5 team\n2,x\n3,"6 team"\n', [None, "x", "6 team"]),
        ('a,b\n1,"5 team\n2,x\n3,"6" team\n', [None, "x", "6 team"]),
        ('a,b\n1,"x, ""y"""\n', ['x, "y"']),
        ('a,b\n1,"x" y\n', ["x y"]),
        ('a,b\n1,""\n2,"\n', ["", None]),
        ("a,b\r1,x\r2,y", ["x", "y"]),
        ('a,b\r1,"x\ry"\r2,y\r', ["x\ry", "y"]),
        ("a,b\r\r\n1,x\r\r\n", ["x"]),
        ("a,b,\n1,x,\n2,y\n3,y,z\n", ["x", None, None]),
        ("a,b,,\r\n1,x,,\r\n", ["x"]),
        ("a,b\n1,x,\n", [None]),
        ("a,b\n1," + "x" * 300_000 + "\n", ["x" * 300_000]),
        ('a,b\n1,"' + "x\n" * 60 + '"\n2,y\n', [None, *[None] * 60, "y"]),
    ],
)
def test_quotes_and_line_ends_of_csv(text, expected):
    assert [row.get("b") for row in _told(text)] == expected


def test_braces_around_ids_make_no_json():
    text = b"team_id,name,valid_from\n{6f9619ff-8b86},n,2026-01-01\n"
    assert layout_of(text) == "csv"
    assert layout_of(b'Server ready, port open\n{"a": 1}\n') == "lines"
    assert layout_of(b'Server ready, port open\n{\n"a": 1}\n') != "csv"


@pytest.mark.parametrize("piece", ['{"a":[', '{"b":1,"a":[[[', '[{"a":{"b":[1,'])
def test_nesting_made_to_be_slow_is_not(piece):
    text = piece * 150_000
    began = time.process_time()
    assert list(values_of(text))[-1][1] == len(text)
    assert list(values_of(piece * 800 + "1," * 400_000))
    assert time.process_time() - began < 3


_SIGN = st.sampled_from("ab\" ,;\n\r'5")
_STRAY = st.text(_SIGN, max_size=8).map(str.strip)


@given(st.lists(st.tuples(_STRAY, _STRAY, st.booleans()), max_size=20), st.data())
def test_quotes_within_values_are_values(table, data):
    def written(cell):
        must = cell.startswith('"') or any(sign in cell for sign in ",\n\r")
        if must or data.draw(st.booleans()):
            return '"' + cell.replace('"', '""') + '"'
        return cell

    lines, expected = ["id,name"], []
    for one, two, is_broken in table:
        if is_broken:
            lines.append(f"{written('a')},b,c")
            expected.append({REFUSED: "wrong_column_count"})
        else:
            lines.append(f"{written(one)},{written(two)}")
            expected.append({"id": one, "name": two})
    assert _told("\n".join(lines) + "\n") == expected


@given(st.lists(st.sampled_from(["1,x", '2,"y"', '3,z"', '"4,w', '5,"w, w"', "6"])))
def test_no_row_is_lost_beside_broken_ones(lines):
    text = "id,name\n" + "\n".join(lines) + "\n"
    places = [(start, end) for start, end, _ in rows_of(text)]
    assert sum(text.count("\n", *place) + 1 for place in places) == len(lines)
    ends = [0, *(end for _, end in places)]
    assert all(start > end for (start, _), end in zip(places, ends, strict=False))


@given(st.lists(st.tuples(_CELL, _CELL), max_size=20), st.data())
def test_rows_come_back_as_a_csv_writer_wrote_them(table, data):
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "name"), *table])
    text = out.getvalue()
    found = [json.loads(value) for _, _, value in rows_of(text)]
    assert found == [{"id": a.strip(), "name": b.strip()} for a, b in table]
    cut = data.draw(st.integers(0, len(text)))
    for start, end, value in rows_of(text[:cut]):
        assert 0 <= start < end <= cut
        assert set(json.loads(value)) in ({"id", "name"}, {REFUSED})
    assert list(header_of(text)) == ["id", "name"]


@pytest.mark.parametrize("stream", DIRECTORY, ids=lambda stream: stream.name)
def test_each_table_lands(load, rows, stream):
    needed = [column.name for column in stream.columns if column.is_required]
    ids = [name for name in needed if name not in ("valid_from", "row_hash")]
    ids = [name for name in ids if name not in ("load_id", "record_no")]
    line = ",".join([*ids, "valid_from"])
    row = ",".join([*(f"some_{name}" for name in ids), "2026-01-01"])
    assert load(f"{line}\n{row}\n".encode(), f"{stream.name}.csv").status == "landed"
    table = stream.name.removeprefix("directory_")
    assert rows(table, ids[0]) == [(f"some_{ids[0]}",)] or ids[0] == "developer_id"
