"""The contract is written once; whatever repeats it is held against it."""

import re

import pytest
import yaml

from loaders.contract import CLIENT_IP, PATH, STREAM, UNREAD, USER_AGENT
from loaders.engine import engine
from loaders.formats import registry
from loaders.projection import composed
from loaders.streams import GATEWAY_REQUESTS, STREAMS
from tests.conftest import GIVEN, PROJECT

_PORTABLE = re.compile(r"string|bigint|boolean|date|timestamp|decimal\(\d+,\d+\)")


def test_types_are_portable_words():
    for stream in STREAMS.values():
        for column in stream.columns:
            assert _PORTABLE.fullmatch(column.type), column


def test_fct_attempts_has_every_column_of_the_stream():
    model = yaml.safe_load(
        (PROJECT / "models/marts/usage/fct_attempts.yml").read_text()
    )["models"][0]
    built = {column["name"]: column["data_type"] for column in model["columns"]}
    landed = {column.name: column.type for column in GATEWAY_REQUESTS.columns}
    # A mart that carried load ids would change when a file is split in two.
    assert not {"load_id", "record_no"} & set(built)
    for name in set(landed) - {"load_id", "record_no"}:
        assert built[name] == landed[name]


def test_copies_are_compared_in_every_value():
    macro = (PROJECT / "macros/request_values.sql").read_text()
    names = re.search(r'set names = "(.*?)"', macro, re.DOTALL).group(1).split()
    named_before = {
        "gateway", "request_id", "requested_at", "source_updated_at", "source_format",
        "load_id", "record_no",
    }  # fmt: skip
    assert names == [
        column.name
        for column in GATEWAY_REQUESTS.columns
        if column.name not in named_before
    ]


@pytest.mark.parametrize("format_", registry().values(), ids=lambda f: f.name)
def test_a_projection_gives_columns_of_its_stream_and_no_others(format_):
    streams = [STREAMS[name] for name in format_.streams]
    known = {column.name for stream in streams for column in stream.columns}
    with engine() as con:
        con.execute("create temp view raw_records as select '{}'::json as record")
        sql, used = composed(con, format_, {}, GIVEN)
        names = {row[0] for row in con.execute(f"describe ({sql})", used).fetchall()}
    raw = {CLIENT_IP, PATH, USER_AGENT}
    assert names <= known | raw | {"reject", "ignored", STREAM, UNREAD}
