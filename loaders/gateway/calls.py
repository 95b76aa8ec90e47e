"""Formats of gateways: what a vendor's record says of a call.

A format is a list of fields (`envoy_ai.csv`: our word, the vendor's key) or a SQL file
over `raw_records(record)` and `fields`, or both; either gives texts under the words of
`words.py`.
"""

from collections.abc import Callable, Mapping, Set
from functools import partial
from pathlib import Path

from loaders.formats import Format
from loaders.gateway.words import WORDS, finish
from loaders.sql import quoted
from loaders.streams import GATEWAY_REQUESTS
from loaders.tables import table

_FOLDER = Path(__file__).parent


def gateway_format(
    name: str,
    recognises: Callable[[Set[str]], bool],
    *,
    fields: str | None = None,
    sql: str | None = None,
    rules: str | None = None,
    unfold: str | None = None,
    held: str = "1",
    gateway: str | None = None,
    version: str = "1",
    rank: int = 10,
    is_json: bool = True,
    recognises_line: Callable[[str], bool] | None = None,
) -> Format:
    """A format of `gateway_requests`.

    Args:
        name: What rules and `--format` call it.
        recognises: Whether a record with these top-level keys is one of its own.
        fields: CSV file beside this one: word, vendor's keys (`a | b`, inside objects
            `a/b`). An operator's mapping adds to it and wins.
        sql: SQL file beside this one, where fields alone do not do.
        rules: CSV file beside this one, whose rows are `$rules` there: a list of
            structs of texts.
        unfold: As `Format.unfold`, a SQL file.
        held: As `Format.held`.
        gateway: `gateway` of its records where no rule names one; None for `name`.
        version: As `Format.version`.
        rank: As `Format.rank`.
        is_json: As `Format.is_json`.
        recognises_line: As `Format.recognises_line`.
    """
    chosen = dict(table(_FOLDER / fields)[1:]) if fields else {}
    body = (_FOLDER / sql).read_text() if sql else "select * from fields"
    if rules:
        body = body.replace("$rules", _listed(_FOLDER / rules))
    return Format(
        name=name,
        version=version,
        streams=(GATEWAY_REQUESTS.name,),
        rank=rank,
        projection=partial(_calls, chosen, body),
        default_gateway=gateway or name,
        recognises=recognises,
        is_json=is_json,
        unfold=(_FOLDER / unfold).read_text() if unfold else None,
        held=held,
        finish=finish,
        is_mapped=bool(chosen),
        recognises_line=recognises_line,
    )


def _listed(path: Path) -> str:
    """SQL: the rows of a CSV file, a list of structs; an empty cell is null."""
    header, *rows = table(path)
    structs = (
        ", ".join(
            f"{name}: {quoted(cell) if cell else 'cast(null as varchar)'}"
            for name, cell in zip(header, row, strict=True)
        )
        for row in rows
    )
    return f"[{', '.join(f'{{{struct}}}' for struct in structs)}]"


def _calls(fields: Mapping[str, str], body: str, mapping: Mapping[str, str]) -> str:
    """SQL: the vendor's texts under our words, with the `record` itself."""
    # The operator's word for a column leaves no other: a second need not be seconds.
    other = _others(mapping)
    chosen = {
        word: mapping.get(word, "" if word in other else text)
        for word, text in fields.items()
    }
    if not chosen:
        return body
    picked, texts = _picked(chosen)
    sql = f"""
        with fields as (
            select record, {picked} from (select record, {texts} from raw_records)
        )

        select * from ({body})
    """
    beside = {word: text for word, text in mapping.items() if word not in fields}
    if not beside:
        return sql
    # What the format has no field for need not pass through its SQL, which may work
    # the word out itself.
    picked, texts = _picked(beside)
    replaced = ", ".join(quoted(word) for word in ("texts", *beside, *_others(beside)))
    return f"""
        select columns(lambda name: name not in ({replaced})), {picked}
        from (select *, {texts} from ({sql}))
    """


def _others(mapping: Mapping[str, str]) -> Set[str]:
    """Words that say the same column as one of these, in another unit."""
    columns = [{word for word, _ in words} for words in WORDS.values()]
    same = [words for words in columns if words & mapping.keys()]
    return set().union(*same) - mapping.keys()


def _picked(chosen: Mapping[str, str]) -> tuple[str, str]:
    """SQL: words picked from `texts`, and `texts` itself, all keys at once."""
    keys = list(dict.fromkeys(key for text in chosen.values() for key in _keys(text)))
    picked = []
    for word, text in chosen.items():
        if not text:
            picked.append(f"cast(null as varchar) as {word}")
            continue
        first = _first([f"texts[{keys.index(key) + 1}]" for key in _keys(text)])
        picked.append(f"{f'texts_of({first})' if word == 'tags' else first} as {word}")
    paths = ", ".join(quoted(_pointer(key)) for key in keys)
    return ", ".join(picked), f"json_extract_string(record, [{paths}]) as texts"


def _keys(text: str) -> list[str]:
    return [key.strip() for key in text.split(" | ") if text]


def _first(texts: list[str]) -> str:
    """SQL: the first that says anything; a dash is how logs say nothing."""
    known = (f"nullif(nullif({text}, ''), '-')" for text in texts)
    return f"coalesce({', '.join(known)})"


def _pointer(key: str) -> str:
    """A JSON pointer; `~1` stands for a slash that is part of a key."""
    return "/" + key.replace("~", "~0").replace("~01", "~1")
