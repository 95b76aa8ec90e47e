"""What a format is, and how a file's format is found from its first bytes."""

import json
import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

_KEY = re.compile(rb'"([A-Za-z_][\w.:-]*)"\s*:')


@dataclass(frozen=True)
class Format:
    """One thing that a vendor writes.

    Attributes:
        name: What rules and `--format` call it.
        version: Part of a load's identity: raise it when the projection changes what
            lands, and the same files are landed again.
        stream: The stream that its records land in.
        rank: Of two copies of one record the one of the lower rank is kept.
        projection: SQL over `raw_records(record)`; gives the stream's columns and
            `reject`. May use $gateway and $timezone.
        default_gateway: `gateway` of its records where no rule names one.
        recognises: Whether a record with these top-level keys is one of its own.
    """

    name: str
    version: str
    stream: str
    rank: int
    projection: Path
    default_gateway: str
    recognises: Callable[[Set[str]], bool]


def registry() -> Mapping[str, Format]:
    """Every format by name; a new one is added here and nowhere else."""
    from loaders.gateway.litellm import LITELLM

    return {format_.name: format_ for format_ in (LITELLM,)}


def detect(head: bytes) -> Format | None:
    """The format whose records begin like this, or None.

    Args:
        head: The first bytes of the decompressed text.
    """
    keys = _first_keys(head)
    matching = (known for known in registry().values() if known.recognises(keys))
    return next(matching, None)


def _first_keys(head: bytes) -> Set[str]:
    """Top-level keys of the first whole JSON object.

    Where the head holds none (a record longer than the head, a damaged file), every
    key seen anywhere: weaker evidence, but a file is better quarantined by line than
    left unread.
    """
    text = head.decode("utf-8", errors="replace")
    decoder, start = json.JSONDecoder(), -1
    for _ in range(20):
        start = text.find("{", start + 1)
        if start < 0:
            break
        try:
            value, _ = decoder.raw_decode(text, start)
        except (json.JSONDecodeError, RecursionError):
            # The first brace opened a damaged record: try the next line.
            start = text.find("\n", start)
            if start < 0:
                break
            continue
        if isinstance(value, dict):
            return value.keys()
    return {key.decode() for key in _KEY.findall(head)}
