"""`tollbook scan`: whatever raw thing is planted anywhere is found and never shown."""

import gzip
import io
import json
import zipfile

import duckdb
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from loaders.errors import SettingsError
from loaders.privacy import MAY_HOLD_IP
from nightly.scan import scan
from nightly.scan_values import SHORTEST, RawValues
from tests.conftest import ndjson, record, tollbook

SHAPED = {
    "credential": "sk-proj-abcdefghijklmnop1234567890",
    "e-mail address": "jane@example.org",
    "IP address": "198.51.100.7",
}
# Nothing in its shape tells what it is.
END_USER = "Zoë-4711/north"
# Looks like something raw, and is not.
HARMLESS = (
    "12:34:56", "2026-04-01T12:34:56.123456+00:00", "1:2:3:4:5:6:7", "1.11.16",
    "v2.0.0-rc1", "a" * 64, "sha256:" + "0f" * 32, "@daily",
    "0190b5e4-7b3c-7c3f-8f3a-1c2d3e4f5a6b", "task-abcdefghijklmnopqrstuvwxyz",
    "https://api.openai.com/v1", "secret", "std::vector", "x@y", "[masked:email]",
    "[masked:credential]", "500:1000::",
)  # fmt: skip


def parquet(path, text):
    with duckdb.connect() as con:
        con.execute(
            f"copy (select 1 as n, $1 as tags) to '{path}' (format parquet)", [text]
        )


def parquet_of_lists(path, text):
    with duckdb.connect() as con:
        con.execute(
            f"copy (select [{{'name': $1}}] as tags) to '{path}' (format parquet)",
            [text],
        )


def book(path, text):
    with duckdb.connect(str(path)) as con:
        con.execute("create schema usage")
        con.execute("create table usage.t as select 7 as n, $1 as tags", [text])


def book_with_a_wal(path, text):
    con = duckdb.connect(str(path))
    con.execute("set wal_autocheckpoint = '1TB'")
    con.execute("pragma disable_checkpoint_on_shutdown")
    con.execute("create table t as select $1 as tags", [text])
    con.close()


PLACES = {
    "parquet": ("a.parquet", parquet, "tags"),
    "nested parquet": ("a.parquet", parquet_of_lists, "tags"),
    "parquet by another name": ("a.bin", parquet, "tags"),
    "glob": ("a[1]*.parquet", parquet, "tags"),
    "duckdb": ("a.duckdb", book, "usage.t.tags"),
    "duckdb with a WAL": ("a.duckdb", book_with_a_wal, "main.t.tags"),
    "json": ("a.json", lambda path, text: path.write_text(
        json.dumps({"files": [{"tags": [text]}]}, indent=1)), "tags"),
    "json key": ("a.json", lambda path, text: path.write_text(
        json.dumps({text: {"x": 1}})), "(key)"),
    "ndjson": ("a.ndjson", lambda path, text: path.write_text(
        f'{{"n": 1}}\n{json.dumps({"tags": text})}\n'), "tags"),
    "broken ndjson": ("a.ndjson", lambda path, text: path.write_text(
        f'{{"n": 1}}\n{{"tags": "{text}\n'), "(line)"),
    "gzip": ("a.json.gz", lambda path, text: path.write_bytes(
        gzip.compress(json.dumps({"tags": text}).encode())), "tags"),
    "zstd": ("a.zst", lambda path, text: path.write_bytes(
        zstandard.compress(json.dumps({"tags": text}).encode())), "tags"),
    "csv": ("a.csv", lambda path, text: path.write_text(
        f"n,tags\n1,a\n2,{text}\n"), "tags"),
    "csv without a header": ("a.csv", lambda path, text: path.write_text(
        f"1,{text}\n"), "(header)"),
    "log": ("a.log", lambda path, text: path.write_text(
        f"10:00:00 started\n10:00:01 user {text} left\n"), "(line)"),
    "utf-16": ("a.txt", lambda path, text: path.write_text(
        f"user {text}", encoding="utf-16"), "(line)"),
    "bytes": ("a.bin", lambda path, text: path.write_bytes(
        b"\x00\x01\xff" + text.encode() + b"\x00\xfe"), "(bytes)"),
    "hidden": (".night/.a", lambda path, text: path.write_text(text), "(line)"),
}  # fmt: skip


def planted(home, place, text):
    name, plant, column = PLACES[place]
    path = home.lake / name
    path.parent.mkdir(parents=True, exist_ok=True)
    plant(path, text)
    return f"lake/{name}", column


@pytest.fixture
def values(tmp_path):
    """A list of raw values."""

    def values(*held):
        path = tmp_path / "values.txt"
        path.write_text("\n".join(held) + "\n")
        return path

    return values


def found_in(scanned):
    return {(f.name, f.column, f.shape, f.count) for f in scanned.findings}


@pytest.mark.parametrize("place", PLACES)
def test_whatever_is_raw_is_found_in_every_kind_of_file(home, values, place):
    text = " ; ".join([*SHAPED.values(), f"a_{END_USER.upper()}_z"])
    name, column = planted(home, place, text)
    scanned = scan(home, values=values("someone-else", END_USER))
    found = found_in(scanned)
    assert found >= {(name, column, shape, 1) for shape in (*SHAPED, "given value")}
    # A write-ahead log beside the file holds the same.
    assert {entry[0] for entry in found} <= {name, f"{name}.wal"}
    assert not scanned.unread


def test_a_name_that_holds_a_given_value_is_not_shown(home, values):
    home.lake.mkdir()
    path = home.lake / "a.json"
    path.write_text(
        json.dumps({END_USER: "jane@example.org", "x@example.org": "y" * 9})
    )
    assert found_in(scan(home, values=values(END_USER, "y" * 9))) == {
        ("lake/a.json", "[masked]", "e-mail address", 1),
        ("lake/a.json", "(key)", "e-mail address", 1),
        ("lake/a.json", "(key)", "given value", 1),
        ("lake/a.json", "[masked:email]", "given value", 1),
    }


@pytest.mark.parametrize(
    "spelled",
    [
        "zo%C3%AB-4711/north", "Zo%C3%AB-4711%2Fnorth", r"Zo\u00eb-4711/north",
        "Zoë-4711/NORTH", "xZoë-4711/northx",
    ],
)  # fmt: skip
def test_other_spellings_of_a_given_value_are_found(home, values, spelled):
    planted(home, "parquet", f"see {spelled} there")
    ((_, column, _, count),) = found_in(scan(home, values=values(END_USER)))
    assert (column, count) == ("tags", 1)


def test_the_command_names_the_place_and_never_the_value(home, values):
    planted(home, "parquet", f"{SHAPED['e-mail address']} and {END_USER}")
    (home.lake / f"{SHAPED['IP address']}.txt").write_text("x")
    (home.lake / END_USER.replace("/", "-")).write_text("x")
    listed = values(END_USER, END_USER.replace("/", "-"))
    done = tollbook(home, "scan", "--values", str(listed))
    assert done.returncode == 4, done.stdout + done.stderr
    assert "found     lake/a.parquet, tags: 1 × e-mail address\n" in done.stdout
    assert "found     lake/a.parquet, tags: 1 × given value\n" in done.stdout
    assert "found     lake/[masked:ip].txt, (file name): 1 × IP address" in done.stdout
    assert "found     lake/[masked], (file name): 1 × given value" in done.stdout
    assert "attention 4 places hold raw values" in done.stdout
    for raw in (*SHAPED.values(), END_USER, END_USER.replace("/", "-")):
        assert raw not in done.stdout + done.stderr


def test_a_clean_home_ends_with_0(home, load, values):
    load(ndjson(record(end_user=END_USER)))
    done = tollbook(home, "scan", "--values", str(values(END_USER, "jane@example.org")))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "found none" in done.stdout


def test_what_only_looks_raw_is_not_found(home):
    home.lake.mkdir()
    for place in ("parquet", "json", "log", "csv"):
        planted(home, place, " ; ".join(HARMLESS))
    for text in HARMLESS:
        (home.lake / "one.json").write_text(json.dumps({"x": text}))
        assert scan(home).findings == [], text


def test_version_columns_may_look_like_an_address(home):
    held = dict.fromkeys(MAY_HOLD_IP, "10.2.3.4")
    home.lake.mkdir()
    (home.lake / "a.json").write_text(json.dumps(held))
    assert scan(home).findings == []
    (home.lake / "a.json").write_text(json.dumps(held | {"sdk_name": "10.2.3.4"}))
    with duckdb.connect(str(home.lake / "a.duckdb")) as con:
        con.execute(
            "create table t as select '10.2.3.4' as sdk_version, '' as sdk_name"
        )
    assert [f.column for f in scan(home).findings] == ["sdk_name"]


def test_the_inbox_the_key_and_the_list_itself_are_left_alone(home, values):
    planted(home, "json", "fine")
    (home.inbox / "a.log").write_text(SHAPED["e-mail address"])
    (home.path / "secrets").mkdir()
    (home.path / "secrets" / "pseudonym.key").write_text(SHAPED["credential"])
    listed = home.path / "raw.txt"
    listed.write_text(SHAPED["e-mail address"] + "\n")
    assert scan(home, values=listed).findings == []
    assert [f.name for f in scan(home, [home.inbox]).findings] == ["inbox/a.log"]


def test_what_cannot_be_looked_into_is_named(home):
    home.lake.mkdir()
    (home.lake / "cut.gz").write_bytes(gzip.compress(b"jane@example.org " * 99)[:-9])
    (home.lake / "bad.parquet").write_bytes(b"PAR1 and no more")
    (home.lake / "bad.duckdb").write_bytes(bytes(8) + b"DUCK" + bytes(100))
    with zipfile.ZipFile(home.lake / "a.zip", "w") as file:
        file.writestr("x", "jane@example.org")
    done = tollbook(home, "scan")
    assert done.returncode == 4
    for name in ("cut.gz", "bad.parquet", "bad.duckdb", "a.zip"):
        assert f"unread    lake/{name}: " in done.stdout
    assert "found     lake/cut.gz, (line): 1 × e-mail address" in done.stdout
    assert "4 files could not be looked into" in done.stdout


def test_wrong_usage_is_said(home, tmp_path):
    with pytest.raises(SettingsError, match="no such file"):
        scan(home, [tmp_path / "absent"])
    with pytest.raises(SettingsError, match="cannot be read"):
        scan(home, values=tmp_path / "absent")
    parquet(tmp_path / "a.parquet", "x")
    with pytest.raises(SettingsError, match="a column `value`"):
        scan(home, values=tmp_path / "a.parquet")


def test_a_short_value_counts_only_where_it_is_all_of_a_text(home, values):
    home.lake.mkdir()
    (home.lake / "a.json").write_text(json.dumps({"x": "bobby", "y": " Bob "}))
    assert [f.column for f in scan(home, values=values("bob")).findings] == ["y"]


@pytest.mark.parametrize("place", [0, 1, 2, 3, 8_388_604, 8_388_608])
def test_a_value_is_found_wherever_it_stands(tmp_path, home, values, place):
    path = tmp_path / "a.txt"
    path.write_bytes(b"." * place + b"needle-7" + b"." * 5000)
    assert found_in(scan(home, [path], values("needle-7"))) == {
        (str(path), "(line)", "given value", 1)
    }


def test_a_value_that_two_blocks_share_is_found():
    listed = RawValues(["needle-7", "n" * 5000])
    for place in range(1_048_560, 1_048_580):
        text = b"." * place + b"needle-7" + b"." * 99
        assert listed.in_file(io.BytesIO(text)) == {"needle-7"}


words = st.text(alphabet="aAb-é.", min_size=1, max_size=12)


@given(listed=st.lists(words.filter(str.strip), min_size=1), text=st.lists(words))
def test_exactly_what_occurs_is_found(listed, text):
    joined = "".join(text)
    found = RawValues(listed).in_texts([joined])
    lowered = joined.encode().lower()
    expected = {
        value
        for value in listed
        if len(value.encode()) >= SHORTEST and value.encode().lower() in lowered
    }
    assert {v.encode().lower() for v in found if len(v.encode()) >= SHORTEST} == {
        value.encode().lower() for value in expected
    }
