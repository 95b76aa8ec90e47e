"""Samples of every format are what they say: known by content, and fit to land."""

import pytest

from loaders.formats import detect
from tests.conftest import ndjson
from tests.loaders.gateway.samples import SAMPLES


def _content(name, count):
    made = [SAMPLES[name](n) for n in range(count)]
    return b"".join(
        entry + b"\n" if isinstance(entry, bytes) else ndjson(entry) for entry in made
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_is_known_by_its_content(name):
    for n in range(20):
        made = SAMPLES[name](n)
        found = detect(made if isinstance(made, bytes) else ndjson(made))
        assert found is not None
        assert found.name == name


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_land_whole_on_two_days(load, landed, name):
    entry = load(_content(name, 60)).entry
    assert (entry.format, entry.quarantined_count, entry.unread_count) == (name, 0, 0)
    assert entry.landed_count + entry.ignored_count == entry.read_count >= 60
    # Azure tells of a request in two records.
    records = 2 if name == "azure_apim" else 1
    assert landed(
        f"select {records} * count(distinct request_id) = count(*), "
        "count(distinct requested_at::date), count(distinct requested_at) > 20 "
        "from requests"
    ) == [(True, 2, True)]
