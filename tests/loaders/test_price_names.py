"""Names as clauses: what the price library knows by a name, SQL knows too."""

import random
import re

import duckdb
import pyarrow as pa
import pytest
from genai_prices.data import providers
from genai_prices.types import (
    ClauseAnd,
    ClauseContains,
    ClauseEquals,
    ClauseOr,
    ClauseRegex,
)
from hypothesis import given
from hypothesis import strategies as st

from loaders.prices.names import name_rows
from tests.loaders.made_prices import model, prices, provider

TEXT = st.text("ab-.x", max_size=8)
COMPACT_DATE = re.compile(r"(-20[0-9]{2})(0[1-9]|1[0-2])([0-2][0-9])(?=-|:|$)")
# What the library's expressions are made of, without what stands for itself.
PART = st.lists(
    st.sampled_from(["a", "b", "-", r"\.", ".", "[ab]", "x?", "(?:a|b)", "a+", "$"]),
    min_size=1, max_size=4,
).map("".join)  # fmt: skip


def clauses_of(rule):
    """(Kind, text) of each of a model's clauses."""
    rows = name_rows([provider(model("m", prices(), match=rule))])
    return [
        (row["clause_kind"], row["clause_text"])
        for row in rows
        if row["clause_of"] == "model"
    ]


@given(PART, PART, TEXT)
def test_a_look_ahead_becomes_two_clauses_that_mean_the_same(not_this, this, name):
    rule = ClauseRegex(regex=f"^(?!{not_this}){this}")
    ((kind, without), (other_kind, within)) = clauses_of(rule)
    assert (kind, other_kind) == ("not_regex", "regex")
    holds = re.search(without, name) is None and re.search(within, name) is not None
    assert holds == rule.is_match(name)
    with duckdb.connect() as con:
        (found,) = con.execute(
            "select not regexp_matches($name, $without) "
            "and regexp_matches($name, $within)",
            {"name": name, "without": without, "within": within},
        ).fetchone()
    assert found == holds


@pytest.mark.parametrize("regex", ["a(?!b)", "(?<=a)b", "(?<!a)b", "^(?=a)b"])
def test_a_name_that_no_engine_can_tell_stays_unknown(regex):
    readable = ClauseEquals(equals="a")
    assert clauses_of(ClauseRegex(regex=regex)) == []
    assert clauses_of(ClauseAnd(and_=[readable, ClauseRegex(regex=regex)])) == []
    assert clauses_of(ClauseOr(or_=[ClauseRegex(regex=regex), readable])) == [
        ("equals", "a")
    ]


def test_a_rule_becomes_alternatives_of_clauses_that_all_hold():
    rule = ClauseAnd(
        and_=[
            ClauseOr(or_=[ClauseEquals(equals="A"), ClauseContains(contains="B")]),
            ClauseRegex(regex="^c"),
        ]
    )
    rows = name_rows([provider(model("m", prices(), match=rule))])
    assert [
        (row["rank"], row["alternative_no"], row["clause_kind"], row["clause_text"])
        for row in rows
        if row["clause_of"] == "model"
    ] == [
        (0, 0, "equals", "a"), (0, 0, "regex", "^c"),
        (0, 1, "contains", "b"), (0, 1, "regex", "^c"),
    ]  # fmt: skip


# The model of each asked name: the provider's own list, then those that it sells at.
FOUND = """
with lists as (
    select distinct provider_id, provider_id as list_id, -1 as list_no from clauses
    union all
    select provider_id, names, rank from clauses where clause_of = 'fallback'
),
tried as (
    select asked.*, list_no, rank, names
    from asked
    inner join lists using (provider_id)
    inner join clauses on clauses.provider_id = list_id and clause_of = 'model'
    group by no, provider_id, name, list_id, list_no, rank, names, alternative_no
    having bool_and(case clause_kind
        when 'equals' then name = clause_text
        when 'starts_with' then starts_with(name, clause_text)
        when 'ends_with' then ends_with(name, clause_text)
        when 'contains' then contains(name, clause_text)
        when 'regex' then regexp_matches(name, clause_text)
        when 'not_regex' then not regexp_matches(name, clause_text)
    end)
)
select no, first(names order by list_no, rank) from tried group by no
"""


def found(names):
    """Which model each (provider, name) is, by the clauses: as is, or dated anew."""
    dated = [(whose, COMPACT_DATE.sub(r"\1-\2-\3", name)) for whose, name in names]
    asked = [
        {"no": no, "provider_id": whose, "name": name.lower()}
        for no, (whose, name) in enumerate(names + dated)
    ]
    with duckdb.connect() as con:
        con.register("asked", pa.Table.from_pylist(asked))
        con.register("clauses", pa.Table.from_pylist(list(name_rows(providers))))
        models = dict(con.execute(FOUND).fetchall())
    return [models.get(no) or models.get(no + len(names)) for no in range(len(names))]


def mutated(rng, name):
    """A name as somebody might write it, or as nobody would."""
    place = rng.randrange(len(name) + 1)
    return rng.choice([
        name.upper(), name[:place] + name[place + 1:], name[:place], name[place:],
        name[:place] + rng.choice("-.:/@1ax") + name[place:],
        name + rng.choice(["-latest", "-preview", "-20250101", ":free", "-v1:0", "-x"]),
        rng.choice(["us.", "openai/", "anthropic.", "models/", "x-"]) + name,
    ])  # fmt: skip


def test_names_are_known_as_the_library_knows_them():
    rng = random.Random(7)  # noqa: S311
    by_id = {listed.id: listed for listed in providers}
    ids = [(whose.id, listed.id) for whose in providers for listed in whose.models]
    names = ids + [
        (rng.choice([whose, *by_id]), mutated(rng, name))
        for whose, name in rng.choices(ids, k=2000)
    ]
    for (whose, name), known in zip(names, found(names), strict=True):
        expected = by_id[whose].find_model(name, all_providers=providers)
        assert known == (expected and expected.id), (whose, name)
