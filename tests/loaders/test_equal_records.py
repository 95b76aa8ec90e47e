"""Records that are equal are as many calls, wherever in a file they stand."""

import random
from collections import Counter

import pytest

from loaders import projection
from tests.loaders.gateway.test_access_log import combined_line


@pytest.mark.parametrize("most", [1, 7, 10_000])
def test_equal_records_are_counted_over_portions(load, rows, home, monkeypatch, most):
    draw = random.Random(most)  # noqa: S311
    lines = [combined_line(draw.randrange(40)) for _ in range(300)]
    # A large file is read a portion at a time.
    monkeypatch.setattr("loaders.source_file.SMALL_BYTES", 0)
    monkeypatch.setattr(projection, "_MOST", most)
    monkeypatch.setattr("loaders.records._SMALLEST_CHUNK", 400)
    monkeypatch.setattr("loaders.records._ROWS", 1)
    assert load(b"\n".join(lines), "a.log").entry.landed_count == 300
    found = Counter(row["request_id"].partition(":")[0] for row in rows())
    assert sorted(found.values()) == sorted(Counter(lines).values())
    assert len({row["request_id"] for row in rows()}) == 300
    assert sorted(row["record_no"] for row in rows()) == list(range(1, 301))


def test_ids_do_not_depend_on_portions(load, rows, monkeypatch):
    draw = random.Random(1)  # noqa: S311
    content = b"\n".join(combined_line(draw.randrange(40)) for _ in range(300))
    load(content, "a.log")
    whole = sorted(row["request_id"] for row in rows())
    monkeypatch.setattr("loaders.source_file.SMALL_BYTES", 0)
    monkeypatch.setattr(projection, "_MOST", 11)
    monkeypatch.setattr("loaders.records._SMALLEST_CHUNK", 400)
    monkeypatch.setattr("loaders.records._ROWS", 1)
    load(content + b"\n", "a.log")  # one byte more: the file grew
    assert sorted(row["request_id"] for row in rows()) == whole
