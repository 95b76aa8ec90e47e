"""What a format is, and how a file's format is found from its first bytes."""

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from loaders.json_values import first_objects

_RECORDS_LOOKED_AT = 20
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
        calls: SQL over `raw_records(record)` where the projection is shared by several
            formats; it reads this one's rows as `calls`.
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
    calls: Path | None = None


def registry() -> Mapping[str, Format]:
    """Every format by name; a new one is added here and nowhere else."""
    from loaders.gateway.litellm import LITELLM, LITELLM_SPEND_LOGS

    return {format_.name: format_ for format_ in (LITELLM, LITELLM_SPEND_LOGS)}


def detect(head: bytes) -> Format | None:
    """The format that one of the first records is of, or None.

    Where the head holds no whole object (a record longer than it, a damaged file),
    every key seen anywhere decides: weaker evidence, but a file is better quarantined
    by line than left unread.

    Args:
        head: The first bytes of the decompressed text.
    """
    text = head.decode("utf-8", errors="replace")
    for keys in first_objects(text, _RECORDS_LOOKED_AT):
        for known in registry().values():
            if known.recognises(keys):
                return known
    anywhere = {key.decode() for key in _KEY.findall(head)}
    matching = (known for known in registry().values() if known.recognises(anywhere))
    return next(matching, None)
