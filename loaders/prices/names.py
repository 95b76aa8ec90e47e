"""How genai-prices knows a provider and a model by name, as clauses to join with."""

import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from loaders.prices.library import Row

_Clause = tuple[str, str]
_KINDS = ("equals", "starts_with", "ends_with", "contains", "regex")
# RE2, which DuckDB has, knows no look-ahead; the library's all stand at the start.
_NEGATIVE = re.compile(r"\^\(\?!((?:[^()]|\([^()]*\))*)\)(.*)", re.DOTALL)
_LOOKAROUND = re.compile(r"\(\?<?[=!]")


def name_rows(providers: Sequence[Any]) -> Iterator[Row]:
    """Every clause by which the library knows a provider or a model.

    A name is matched in lower case. A rule is true where all clauses of one of its
    alternatives are; an expression that no SQL engine evaluates takes its alternative
    along, and the name stays unknown rather than wrong.

    Args:
        providers: `genai_prices.data.providers`.

    Yields:
        Columns of `price_models` but those of provenance.
    """
    for rank, provider in enumerate(providers, start=1):
        own = {"provider_id": provider.id, "rank": rank, "names": None}
        yield from _rows(own, "provider", provider.provider_match)
        yield from _rows(own, "provider_of_model", provider.model_match)
        # An id is a name of its own, and the library tries ids before rules.
        yield own | {"rank": 0} | _row("provider", 0, ("equals", provider.id))
        for place, model in enumerate(provider.models):
            named = own | {"rank": place, "names": model.id}
            yield from _rows(named, "model", model.match)
        for place, other in enumerate(provider.fallback_model_providers or ()):
            named = own | {"rank": place, "names": other}
            yield named | _row("fallback", 0, ("equals", other))


def _rows(own: Row, clause_of: str, rule: Any) -> Iterator[Row]:  # noqa: ANN401
    if rule is None:
        return
    for number, clauses in enumerate(_alternatives(rule)):
        for clause in clauses:
            yield own | _row(clause_of, number, clause)


def _row(clause_of: str, alternative_no: int, clause: _Clause) -> Row:
    kind, text = clause
    return {
        "clause_of": clause_of,
        "alternative_no": alternative_no,
        "clause_kind": kind,
        "clause_text": text,
    }


def _alternatives(rule: Any) -> list[list[_Clause]]:  # noqa: ANN401
    """A rule as alternatives of clauses that all hold."""
    if (any_of := getattr(rule, "or_", None)) is not None:
        return [clauses for part in any_of for clauses in _alternatives(part)]
    if (all_of := getattr(rule, "and_", None)) is not None:
        parts = product(*(_alternatives(part) for part in all_of))
        return [[clause for clauses in part for clause in clauses] for part in parts]
    kind = next(kind for kind in _KINDS if hasattr(rule, kind))
    text = getattr(rule, kind)
    if kind != "regex":
        return [[(kind, text.lower())]]
    clauses = [("regex", text)]
    if found := _NEGATIVE.fullmatch(text):
        clauses = [("not_regex", f"^(?:{found[1]})"), ("regex", f"^(?:{found[2]})")]
    is_readable = not any(_LOOKAROUND.search(text) for _, text in clauses)
    return [clauses] if is_readable else []
