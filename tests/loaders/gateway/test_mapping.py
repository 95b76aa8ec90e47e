"""An operator's mapping: keys of their own for our words, in formats with fields."""

import pytest

from loaders.formats import registry
from loaders.home import WORDS, open_home
from loaders.inbox import load_inbox
from tests.conftest import ndjson
from tests.loaders.gateway.samples import SAMPLES

MAPPED = [name for name in SAMPLES if registry()[name].is_mapped]
# Where a format's records lie in what it cuts out of a line, and so where keys begin.
_INSIDE = {"langfuse": "observation/"}


@pytest.fixture
def land_mapped(home):
    """Land one record with a mapping in force."""

    def land_mapped(record, **mapping):
        lines = "\n".join(f'{word} = "{key}"' for word, key in mapping.items())
        (home.path / "tollbook.toml").write_text(
            f'[[inbox]]\nglob = "*"\n[inbox.mapping]\n{lines}\n'
        )
        (home.inbox / "a.ndjson").write_bytes(ndjson(record))
        return load_inbox(open_home(home.path), ())[0].entry

    return land_mapped


# A span's keys are those of its attributes: see test_otlp_genai.py.
@pytest.mark.parametrize("name", [name for name in MAPPED if name != "otlp_genai"])
def test_a_word_is_read_from_the_operators_key(land_mapped, landed, name):
    inside = _INSIDE.get(name, "")
    record = SAMPLES[name](0) | {"x": {"team": "t-1", "plan": "gold", "no": "3"}}
    entry = land_mapped(
        record,
        # One that formats know, one that most do not, one that some work out.
        team_id=f"{inside}x/absent | {inside}x/team",
        plan_id=f"{inside}x/plan",
        attempted_retries=f"{inside}x/no",
        is_streamed=f"{inside}x/no",
    )
    assert entry.quarantined_by_reason == {}
    assert landed(
        "select team_id, plan_id, attempted_retries, is_streamed from requests"
    ) == [("t-1", "gold", 3, None)]


@pytest.mark.parametrize("name", MAPPED)
def test_every_word_can_be_mapped(land_mapped, name):
    words = {word for column in WORDS.values() for word, _ in column}
    mapping = dict.fromkeys(words - {"requested_at"}, "nothing/there")
    assert land_mapped(SAMPLES[name](0), **mapping).read_count == 1


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["b", "a", "b", {"c": 1}, None], '["a","b"]'),
        ("prod", '["prod"]'),
        ("", None),
        ([], None),
        ({"a": 1}, None),
    ],
)
def test_tags_are_a_list_or_one(land_mapped, landed, tags, expected):
    land_mapped(SAMPLES["portkey"](0) | {"labels": tags}, tags="labels")
    assert landed("select tags from requests") == [(expected,)]
