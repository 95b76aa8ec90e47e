"""No raw person, no credential and no text gets past the door."""

import json
import shutil

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.errors import SettingsError
from loaders.inbox import load_inbox
from loaders.privacy import (
    address_of,
    describe_address,
    hmac_pads,
    masked,
    pseudonym,
    pseudonym_key,
    pseudonym_sql,
)
from tests.conftest import ndjson, record

KEY = b"0123456789abcdef"
SECRETS = (
    "sk-proj-abcdefghijklmnop1234567890",
    "sk-ant-api03-abcdefghijklmnop1234567890",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyA1234567890abcdefghijklmnopqrstuvw",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "xoxb-1234567890-abcdefghij",
    "hf_abcdefghijklmnopqrstuvwxyz012345",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.sig",
    "gsk_abcdefghijklmnopqrstuvwx12",
    "x_sk-proj-abcdefghijklmnop1234567890",
    "api_key=0123456789abcdef0123456789abcdef",
    "https://user:p4ssw0rd@host/",
    "joe.public+x@mail.example.co.uk",
    "jörg%40mail.example",
    "nvapi-abcdefghijklmnopqrstuvwxyz0123456789",
    "ABSKQmVkcm9ja0FQSUtleS1hYmNkZWZnaGlqa2w=",
    "dapi0123456789abcdef0123456789abcdef",
    'see {"password": "hunter2hunter2"}',
    "203.0.113.77",
    "host_203.0.113.77_a",
    "2001:db8:dead:beef::1",
    "2001:db8::",
    "from ::1",
    "::ffff:0102:304",
)


def everything_under(home):
    """Every byte that the home holds outside the inbox, Parquet decoded."""
    for path in home.path.rglob("*"):
        if not path.is_file() or path.is_relative_to(home.inbox):
            continue
        yield path.read_bytes()
        if path.suffix == ".parquet":
            with duckdb.connect() as con:
                rows = con.execute("select * from read_parquet($1)", [str(path)])
                yield repr(rows.fetchall()).encode()


def test_no_identifier_and_no_text_is_anywhere_in_the_home(home, load, capfd):
    raw = ["jane@example.org", "198.51.100.7", "end-user-77", "never landed", "someone"]
    bad = record("bad", startTime="jane@example.org", end_user="end-user-77")
    cut = ndjson(record("cut"))[:-200] + b"\n"
    load(ndjson(record(end_user="end-user-77"), bad) + cut)
    held = b"\n".join(everything_under(home))
    out = capfd.readouterr()
    for text in raw:
        assert text.encode() not in held
        assert text not in out.out + out.err


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "field", ["trace_id", "metadata__user_api_key_hash", "model_group", "user_agent"]
)
def test_a_value_shaped_like_a_credential_is_masked_and_counted(
    home, load, secret, field
):
    outcome = load(ndjson(record(**{field: secret}), record("b")))
    # Of a user agent only the name and the version before the first blank land.
    assert outcome.entry.masked_count >= 1 or field == "user_agent"
    assert secret.encode() not in b"".join(everything_under(home))


def test_tags_keep_their_shape_when_one_is_masked(load, landed):
    load(ndjson(record(request_tags=["a", f"\n{SECRETS[0]}", "\njoe@example.org"])))
    ((tags,),) = landed("select tags from requests")
    assert json.loads(tags) == ["[masked:email]", "[masked:credential]", "a"]


@pytest.mark.parametrize(
    "tag",
    [
        "\n203.0.113.77", "C:\\new@example.org", 'password=abcdefgh"x',
        "-----BEGIN PRIVATE KEY-----\nMIIE\"x", 'see {"api_key": "0123456789ab"}',
    ],
)  # fmt: skip
def test_what_a_client_puts_into_a_tag_is_masked_and_stays_json(load, landed, tag):
    load(ndjson(record(request_tags=["a", tag])))
    ((tags,),) = landed("select tags from requests")
    assert any("[masked" in kept for kept in json.loads(tags))
    for raw in ("203.0.113", "example.org", "abcdefgh", "MIIE", "0123456789ab"):
        assert raw not in tags


def test_a_name_is_masked_as_a_value_is():
    assert masked("é203.0.113.77.log") == "é[masked:ip].log"


@pytest.mark.parametrize(
    "text",
    ["12:30:45", "2026-01-05T12:30:45", "a::", "std::string", "vec<int>::add", "::",
     "x::1", "2026::report", "arn:aws:s3:::bucket", "face::off", "(x)::int4"],
)  # fmt: skip
def test_what_is_no_address_stays(text):
    assert masked(text) == text


@pytest.mark.parametrize(
    "text", [" Jane@Example.org", "jane@example.org\n", "JANE@EXAMPLE.ORG"]
)
def test_an_email_address_is_one_person_in_any_spelling(text):
    assert pseudonym(KEY, text) == pseudonym(KEY, "jane@example.org")
    assert pseudonym(KEY, "Jane") != pseudonym(KEY, "jane")


@pytest.mark.parametrize("change", ["another", "gone", "from the environment"])
def test_another_key_than_the_lakes_is_refused(home, load, monkeypatch, change):
    load(ndjson(record("a")))
    key = home.path / "secrets" / "pseudonym.key"
    held = key.read_text()
    if change == "from the environment":
        monkeypatch.setenv("TOLLBOOK_PSEUDONYM_KEY", KEY.decode())
    elif change == "gone":
        key.unlink()
    else:
        key.write_text("another key of this home\n")
    with pytest.raises(SettingsError, match="pseudonym key"):
        load(ndjson(record("b")), "b.ndjson")
    assert key.exists() == (change != "gone")
    # The same key by the other way in is the same key.
    monkeypatch.setenv("TOLLBOOK_PSEUDONYM_KEY", held)
    assert load(ndjson(record("b")), "b.ndjson").status == "landed"


def test_a_lake_made_anew_takes_a_new_key(home, load, landed):
    load(ndjson(record("a")))
    before = landed("select developer_id, team_id from requests")
    shutil.rmtree(home.lake)
    shutil.rmtree(home.path / "secrets")
    load(b"", "b.ndjson")
    after = landed("select developer_id, team_id from requests")
    assert after[0][0] != before[0][0]
    assert after[0][1] == before[0][1]


def test_a_lake_without_a_load_takes_any_key(home, load):
    load(b"")
    (home.path / "secrets" / "pseudonym.key").write_text("another key of this home\n")
    assert load(ndjson(record())).status == "landed"


def test_equal_people_have_equal_pseudonyms_and_no_others(load, landed):
    load(
        ndjson(
            record("a", metadata__user_api_key_user_id="u1", end_user="u1"),
            record("b", metadata__user_api_key_user_id="u2"),
        )
    )
    rows = landed("select developer_id, end_user_id from requests order by request_id")
    assert rows[0][0] == rows[0][1]
    assert rows[0][0] != rows[1][0]
    assert rows[1][1] is None


def test_the_key_may_come_from_the_environment(home, load, landed, monkeypatch):
    monkeypatch.setenv("TOLLBOOK_PSEUDONYM_KEY", KEY.decode())
    load(ndjson(record()))
    assert landed("select developer_id from requests") == [
        (pseudonym(KEY, "jane@example.org"),)
    ]
    assert not (home.path / "secrets").exists()


def test_a_short_key_is_refused(home, monkeypatch):
    monkeypatch.setenv("TOLLBOOK_PSEUDONYM_KEY", "short")
    with pytest.raises(Exception, match="at least 16 bytes"):
        load_inbox(home)


@pytest.mark.parametrize(
    ("text", "address", "network", "family"),
    [
        ("198.51.100.7", "198.51.100.7", "198.51.100.0/24", "ipv4"),
        ("198.51.100.7:443", "198.51.100.7", "198.51.100.0/24", "ipv4"),
        ("198.51.100.7, 10.0.0.1", "198.51.100.7", "198.51.100.0/24", "ipv4"),
        ("2001:db8:1:2::3", "2001:db8:1:2::3", "2001:db8:1::/48", "ipv6"),
        ("[2001:DB8:1:2::3]:443", "2001:db8:1:2::3", "2001:db8:1::/48", "ipv6"),
        ("::ffff:198.51.100.7", "198.51.100.7", "198.51.100.0/24", "ipv4"),
    ],
)
def test_one_address_in_any_spelling_is_one_pseudonym(text, address, network, family):
    assert describe_address(KEY, address_of(text)) == (
        pseudonym(KEY, address, "ip"),
        pseudonym(KEY, network, "net"),
        family,
    )


@pytest.mark.parametrize("text", ["unknown", "", "1.2.3", "999.1.1.1", "a,b"])
def test_what_is_no_address_is_unknown(text):
    assert address_of(text) is None


_MAIL = st.text(st.sampled_from(" \t\n@.aZÄİ\u212a'\\\u00a0"), max_size=12)


@given(st.binary(min_size=16, max_size=100), st.text(max_size=40) | _MAIL)
def test_duckdb_gives_the_pseudonyms_that_the_standard_library_gives(key, value):
    with duckdb.connect() as con:
        found = con.execute(
            f"select {pseudonym_sql('value')} from (select $value as value)",
            {"value": value, **hmac_pads(key)},
        ).fetchall()
    assert found == [(pseudonym(key, value),)]


def test_what_a_client_repeats_of_its_user_is_a_pseudonym_everywhere(
    home, load, landed
):
    line = record(end_user="jane-doe-77", request_tags=["user:jane-doe-77", "env:prod"])
    line["trace_id"] = "session of jane-doe-77"
    entry = load(ndjson(line)).entry
    known = pseudonym(pseudonym_key(home.path), "jane-doe-77")
    assert landed("select end_user_id, trace_id, tags from requests") == [
        (known, f"session of {known}", f'["env:prod","user:{known}"]')
    ]
    assert entry.masked_count == 2


@pytest.mark.parametrize("user", ["CORP\\jane.d", 'jane "jd" doe', "jane.(d)+x"])
def test_a_repeated_user_is_found_escaped_and_in_any_case(load, landed, user):
    line = record(end_user=user, request_tags=[f"u:{user.upper()}"])
    line["trace_id"] = f"of {user.upper()}"
    load(ndjson(line))
    ((known, trace, tags),) = landed("select end_user_id, trace_id, tags from requests")
    assert trace == f"of {known}"
    assert json.loads(tags) == [f"u:{known}"]


def test_keys_logged_whole_stay_apart(load, landed):
    keys = [f"sk-proj-{letter * 24}" for letter in "abb"]
    load(
        ndjson(
            *(
                record(str(number), metadata__user_api_key_hash=key)
                for number, key in enumerate(keys)
            )
        )
    )
    found = [key for (key,) in landed("select api_key_id from requests order by all")]
    assert len(set(found)) == 2
    assert all(key.startswith("[masked:credential:") for key in found)
