"""From the path of a request to its endpoint: templates that are known, then a rule.

`seeds/usage/endpoint_templates.csv` names the paths of known APIs, the first that fits
wins. In a pattern `*` is any one segment or a part of it, `**` any rest, and `(a|b)`
one of these words, which `$1` of the template repeats; nothing else of a path is. A
home's own `endpoint_templates.csv` is read before it. `endpoints.sql` is the rule for
every other path.
"""

import csv
import re
from functools import cache
from itertools import islice, product
from pathlib import Path
from typing import NamedTuple

import duckdb

from loaders.errors import SettingsError
from loaders.privacy import ANY_SHAPE, CREDENTIAL
from loaders.sql import quoted

TEMPLATES = "endpoint_templates.csv"
_SHIPPED = Path(__file__).parents[1] / "seeds" / "usage" / TEMPLATES
_RULE = Path(__file__).with_name("endpoints.sql")
_WORD = r"[A-Za-z0-9._~:/-]+"
_CHOICE = re.compile(rf"\(({_WORD}(?:\|{_WORD})*)\)")
_PATTERN = re.compile(rf"/(?:{_WORD}|\*|{_CHOICE.pattern})*")
_TEMPLATE = re.compile(rf"/(?:{_WORD}|\{{[a-z_]{{1,32}}\}}|\$[1-9])*")


class Template(NamedTuple):
    """Paths that are one endpoint.

    Attributes:
        pattern: Of the path, without a last slash.
        endpoint: What it is called.
    """

    pattern: str
    endpoint: str

    @property
    def choices(self) -> list[list[str]]:
        """The words of each `(a|b)` of the pattern, in order."""
        return [words.split("|") for words in _CHOICE.findall(self.pattern)]

    def endpoints(self) -> list[str]:
        """Its endpoints, one for each choice of words; a thousand at most."""
        texts = re.split(r"\$(\d)", self.endpoint)
        return [
            "".join(
                chosen[int(text) - 1] if place % 2 else text
                for place, text in enumerate(texts)
            )
            for chosen in islice(product(*self.choices), 1000)
        ]


def macros() -> str:
    """SQL that creates `endpoint_template` and `api_version_of`.

    `endpoint_template(address)` is the endpoint of a path, a path with a query or a
    URL; null where that is none. It has no host, query, id, name or number of the
    client's, at most 300 characters, and is its own endpoint.
    `api_version_of(address, endpoint)` is the version in the endpoint (`v1beta`), else
    in the query (`api-version=2024-06-01`); null where neither says one.
    """
    return f"""
        create or replace temp macro any_shape() as {quoted(ANY_SHAPE)};
        create or replace temp macro credential_shape() as {quoted(CREDENTIAL)};
        {_known_endpoint(shipped())}
        {_RULE.read_text()}
    """


def use_templates(con: duckdb.DuckDBPyConnection, home: Path) -> None:
    """Read a home's own templates before the shipped ones, where it has any.

    Args:
        con: From `engine`.
        home: `TOLLBOOK_HOME`.

    Raises:
        SettingsError: The file cannot be understood, or a template is not its own
            endpoint: what is landed as a template would change when it is read again.
    """
    file = home / TEMPLATES
    if not file.exists():
        return
    own = _read(file)
    con.execute(_known_endpoint([*own, *shipped()]))
    changed = con.execute(
        """
        select name from (select unnest($1::varchar[]) as name)
        where endpoint_template(name) is distinct from name
        """,
        [[name for template in own for name in template.endpoints()]],
    ).fetchone()
    if changed:
        raise SettingsError(f"{file}: as a path, {changed[0]} is another endpoint")


@cache
def shipped() -> list[Template]:
    """The templates of known APIs."""
    return _read(_SHIPPED)


def _read(file: Path) -> list[Template]:
    try:
        with file.open(newline="", encoding="utf-8") as text:
            rows = csv.DictReader(text, strict=True)
            return [
                _checked(row, f"{file} line {rows.line_num}")
                for row in rows
                if row.get("pattern")
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"{file}: {error}") from error


def _checked(row: dict[str, str], where: str) -> Template:
    template = Template(row["pattern"].strip(), (row.get("template") or "").strip())
    marks = [int(mark) for mark in re.findall(r"\$(\d)", template.endpoint)]
    if not _PATTERN.fullmatch(template.pattern):
        raise SettingsError(f"{where}: not a pattern: {template.pattern}")
    if not _TEMPLATE.fullmatch(template.endpoint) or len(template.endpoint) > 250:
        raise SettingsError(f"{where}: not a template: {template.endpoint}")
    if max(marks, default=0) > len(template.choices):
        raise SettingsError(f"{where}: ${max(marks)} has no (a|b) in the pattern")
    return template


def _known_endpoint(templates: list[Template]) -> str:
    """SQL that creates `known_endpoint(path)`: null where no template fits."""
    cases = " ".join(f"when {_fits(each)} then {_named(each)}" for each in templates)
    return f"create or replace temp macro known_endpoint(path) as (case {cases} end);"


def _fits(template: Template) -> str:
    return f"regexp_full_match(path, {quoted(_regex(template.pattern))})"


def _named(template: Template) -> str:
    if "$" not in template.endpoint:
        return quoted(template.endpoint)
    name = quoted(re.sub(r"\$(\d)", r"\\\1", template.endpoint))
    return f"regexp_replace(path, {quoted(_regex(template.pattern))}, {name})"


def _regex(pattern: str) -> str:
    parts = re.split(r"(\*\*|\*|\([^)]*\))", pattern)
    return f"(?s)^{''.join(map(_part, parts))}$"


def _part(part: str) -> str:
    if part.startswith("("):
        words = part[1:-1].split("|")
        return f"({'|'.join(map(re.escape, words))})"
    return {"*": "[^/]+", "**": ".+"}.get(part, re.escape(part))
