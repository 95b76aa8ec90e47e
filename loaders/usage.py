"""A provider's own usage body to our meters: `usage_rules.csv` as DuckDB macros.

The table says, shape by shape, under which keys a body states a meter and whether that
count lies inside the input (or output) or comes on top of it. Shapes are told apart by
their keys, the first rule that fits wins (`alone`: where no other count is there);
several keys of one meter (`a | b`) are one number under several names.
`details[kind=A/B].count` adds up the entries of a list.
`usage.sql` makes the disjoint meters of what the rules found.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from loaders.sql import quoted
from loaders.tables import table

_FOLDER = Path(__file__).parent
_NO_COUNTS = ("any of", "alone", "word")
_LIST_KEY = re.compile(r"(\w+)\[(\w+)=([^]]+)\]\.(\w+)")


class _Rule(NamedTuple):
    shape: str
    meter: str
    counted: str
    keys: tuple[str, ...]


@cache
def macros() -> str:
    """SQL that creates `usage_meters` and what it is made of.

    `usage_meters(json)` takes a body, or what wraps it, and gives a struct of meters;
    null is unknown. `problem` is null, or `reason:field` of what nobody can count: the
    record is refused. `oddity` is the same of what we do not know or believe: the
    meters in doubt are null, the rest holds.
    """
    rules = _rules()
    found = [f"{name} := {sql}" for name, sql in _found(rules).items()]
    return f"""
        create or replace temp macro usage_texts(body) as (
            json_transform(body, {quoted(json.dumps(_structure(rules)))})
        );
        create or replace temp macro usage_shape(u) as (
            {_shape(rules)}
        );
        create or replace temp macro usage_found(u, shape) as (
            struct_pack({", ".join(found)})
        );
        {(_FOLDER / "usage.sql").read_text()}
    """


def _rules() -> list[_Rule]:
    return [
        _Rule(shape, meter, counted, tuple(re.split(r"\s*\|\s*", keys)))
        for shape, meter, counted, keys in table(_FOLDER / "usage_rules.csv")[1:]
    ]


def _structure(rules: list[_Rule]) -> dict[str, Any]:
    """What `json_transform` takes out of a body; all as text, to be refused by name."""
    tree: dict[str, Any] = {}
    for key in (key for rule in rules for key in rule.keys):
        if entry := _LIST_KEY.fullmatch(key):
            name, kind, _, count = entry.groups()
            tree.setdefault(name, [{}])[0].update({kind: "VARCHAR", count: "VARCHAR"})
        elif not any(other.startswith(f"{key}.") for r in rules for other in r.keys):
            *parents, last = key.split(".")
            place = tree
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = "VARCHAR"
    return tree


def _shape(rules: list[_Rule]) -> str:
    cases = (
        f"when {_is_alone(r, rules) if r.counted == 'alone' else _is_any_there(r)}"
        f" then {quoted(r.shape)}"
        for r in rules
        if r.meter == "recognised by"
    )
    return f"case {' '.join(cases)} end"


def _is_any_there(rule: _Rule) -> str:
    return f"coalesce({', '.join(f'u.{k} is not null or null' for k in rule.keys)})"


def _is_alone(rule: _Rule, rules: list[_Rule]) -> str:
    """SQL: the body has this count and, lists and words aside, no other known."""
    others = {
        f"u.{key}"
        for other in rules
        if other.counted not in _NO_COUNTS
        for key in other.keys
        if key not in rule.keys and not _LIST_KEY.fullmatch(key)
    }
    (key,) = rule.keys
    return f"u.{key} is not null and coalesce({', '.join(sorted(others))}) is null"


def _found(rules: list[_Rule]) -> dict[str, str]:
    """SQL of each field of `usage_found`, a case by shape."""
    counts = [rule for rule in rules if rule.counted not in _NO_COUNTS]
    fields: dict[str, dict[str, str]] = {}
    for rule in counts:
        largest = f"cast(greatest({', '.join(map(_count, rule.keys))}) as bigint)"
        fields.setdefault(rule.meter, {})[rule.shape] = largest
    for rule in rules:
        if rule.counted == "word":
            fields.setdefault(rule.meter, {})[rule.shape] = f"known(u.{rule.keys[0]})"
        if rule.meter in ("cache_read", "reasoning"):
            on_top = str(rule.counted.startswith("on top")).lower()
            fields.setdefault(f"is_{rule.meter}_on_top", {})[rule.shape] = on_top
    for shape in dict.fromkeys(rule.shape for rule in counts):
        keys = [key for rule in counts if rule.shape == shape for key in rule.keys]
        checks = f"coalesce({', '.join(_problem(key) for key in dict.fromkeys(keys))})"
        fields.setdefault("problem", {})[shape] = checks
    return {name: _case(by_shape) for name, by_shape in fields.items()}


def _case(by_shape: dict[str, str]) -> str:
    cases = (f"when {quoted(shape)} then {sql}" for shape, sql in by_shape.items())
    return f"case shape {' '.join(cases)} end"


def _count(key: str) -> str:
    if _LIST_KEY.fullmatch(key):
        counts = f"list_transform({_texts(key)}, lambda t: as_count(t))"
        return f"try_cast(list_sum({counts}) as decimal(18, 0))"
    return f"as_count(u.{key})"


def _problem(key: str) -> str:
    field = quoted(f"usage.{key.partition('[')[0]}")
    if _LIST_KEY.fullmatch(key):
        return f"bad_counts({field}, {_texts(key)})"
    return f"bad_count({field}, u.{key})"


def _texts(key: str) -> str:
    """SQL: the counts of those entries of a list that are of one of the kinds."""
    entry = _LIST_KEY.fullmatch(key)
    assert entry  # noqa: S101
    name, kind, kinds, count = entry.groups()
    among = ", ".join(quoted(each) for each in kinds.split("/"))
    return f"[d.{count} for d in u.{name} if d.{kind} in ({among})]"
