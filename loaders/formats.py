"""What a format is, and how a file's format is found from its first bytes."""

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

from loaders.csv_rows import header_of
from loaders.engine import Connection
from loaders.json_values import first_objects

_RECORDS_LOOKED_AT = 20
_MOST_LETTERS = 100_000
_KEY = re.compile(rb'"([A-Za-z_][\w.:-]*)"\s*:')


@dataclass(frozen=True)
class Format:
    """One thing that a vendor writes.

    Attributes:
        name: What rules and `--format` call it.
        version: Part of a load's identity: raise it when the projection changes what
            lands, and the same files are landed again.
        streams: Where its records land; where there are several, the projection names
            each row's in a column `stream`. What is refused is the first one's.
        rank: Of two copies of one record the one of the lower rank is kept.
        projection: SQL over `raw_records(record)`, given the operator's mapping of our
            words to the vendor's keys; gives the streams' columns and `reject`. May use
            $gateway, $timezone and $salt, which goes into ids made of content.
        default_gateway: `gateway` of its records where no rule names one; None where
            they have none.
        recognises: Whether a record with these top-level keys is one of its own.
        is_json: A line is an object; else it is text of the vendor's own making.
        unfold: SQL over `raw_lines(record, line)`, where a line holds many records:
            gives `record, line` for each of them, in order, and a line that holds none
            as it is.
        held: SQL of a line's `record`: how many it holds, counted another way.
        finish: Makes the projection of what the format itself says (gateway/words.py).
        is_mapped: Takes an operator's mapping.
        recognises_line: Whether a line of text is one of its own; for what is no JSON.
    """

    name: str
    version: str
    streams: tuple[str, ...]
    rank: int
    projection: Callable[[Mapping[str, str]], str]
    default_gateway: str | None
    recognises: Callable[[Set[str]], bool]
    is_json: bool = True
    unfold: str | None = None
    held: str = "1"
    finish: Callable[[Connection, str, bool], str] | None = None
    is_mapped: bool = False
    recognises_line: Callable[[str], bool] | None = None

    @property
    def stream(self) -> str:
        """The first of its streams."""
        return self.streams[0]


def registry() -> Mapping[str, Format]:
    """Every format by name, gateways' first; the first that recognises a file wins."""
    from loaders.directory import TABLE_FORMATS
    from loaders.gateway import GATEWAY_FORMATS

    known = (*GATEWAY_FORMATS, *TABLE_FORMATS)
    return {format_.name: format_ for format_ in known}


def detect(head: bytes) -> Format | None:
    """The format that one of the first records is of, or None.

    Where the head holds no whole object (a record longer than it, a damaged file),
    every key seen anywhere decides: weaker evidence, but a file is better quarantined
    by line than left unread.

    Args:
        head: The first bytes of the decompressed text.
    """
    text = head.decode("utf-8", errors="replace")
    lines = [line for line in text[:_MOST_LETTERS].splitlines() if line.strip()]
    for known in registry().values():
        if known.recognises_line and any(
            known.recognises_line(line) for line in lines[:_RECORDS_LOOKED_AT]
        ):
            return known
    header = frozenset(header_of(text))
    for keys in (header, *first_objects(text, _RECORDS_LOOKED_AT)):
        for known in registry().values():
            if known.recognises(keys):
                return known
    anywhere = {key.decode() for key in _KEY.findall(head)}
    matching = (known for known in registry().values() if known.recognises(anywhere))
    return next(matching, None)
