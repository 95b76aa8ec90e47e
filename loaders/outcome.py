"""What became of one file."""

from dataclasses import dataclass
from typing import Literal

from loaders.ledger import LedgerEntry

Status = Literal["landed", "known", "empty", "ignored", "not_recognised", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes:
        name: Path below the inbox, or as given.
        status: `known` means that the same bytes are in the lake already.
        entry: The committed load, where there is one.
        reason: For `failed`: why, without text from the file.
    """

    name: str
    status: Status
    entry: LedgerEntry | None = None
    reason: str | None = None
