"""The contract's words: what a stream, a column and a value may be.

The streams themselves are in `loaders/streams.py`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

# A later time is a wrong unit.
LATEST_TIME = "2100-01-01"
# No meter, size or duration of one request is larger, and sums of them stay in range.
MOST = 10**12
MOST_USD = 10**9
# Longer values are attacks or content that lost its way; identifiers are short.
MAX_TEXT_BYTES = 4096


@dataclass(frozen=True)
class Column:
    """One column of a stream.

    Attributes:
        name: Final name; the unit is in it.
        type: Portable type word (`string bigint boolean timestamp decimal(p,s)`).
        is_required: A record without it is quarantined.
        values: The closed list of allowed values; empty means any.
        personal: A raw personal identifier: pseudonymised before landing.
    """

    name: str
    type: str
    is_required: bool = False
    values: tuple[str, ...] = ()
    personal: bool = False


@dataclass(frozen=True)
class Stream:
    """A stream: its columns, the time of its rows, and how they lie in the lake.

    Attributes:
        name: Folder under `lake/`.
        time_column: UTC timestamp of a row.
        columns: In landing order; `event_date` is the partition, not a column here.
        is_dated: Rows lie in a folder per UTC day of `time_column`. What has no event
            day lies in one folder: a directory that is dumped every night would
            otherwise leave a file for each day on which anything ever began.
        earliest_time: An earlier time is a wrong unit, not an old row.
    """

    name: str
    time_column: str
    columns: tuple[Column, ...]
    is_dated: bool = True
    earliest_time: str = "2015-01-01"

    def is_essential(self, column: Column) -> bool:
        """Whether a record cannot land where this column's value is no good.

        What says which call it was, and what it used and cost. Anything else becomes
        null and is counted: a client's oversized label must not take its bill along.
        """
        is_meter = column.name.endswith(("_tokens", "_units", "_calls", "_usd"))
        return column.is_required or is_meter or not self.is_dated

    @property
    def added_by_landing(self) -> frozenset[str]:
        """Columns that no projection gives."""
        apart = "source_format" if self.is_dated else "row_hash"
        return frozenset({apart, "load_id", "record_no"})

    @property
    def fingerprint(self) -> str:
        """Changes when a column is added, so that readers know older files by it."""
        text = ",".join(f"{column.name} {column.type}" for column in self.columns)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


# Raw values that a projection hands to landing and that never reach the lake; what they
# become is in `loaders/descriptions.py`.
CLIENT_IP = "client_ip"
USER_AGENT = "user_agent"
PATH = "path"
DERIVED_FROM_CLIENT_IP = ("client_ip_hash", "client_net_hash", "ip_family")
# Which of a format's streams a row of `projected` belongs to, where it has several.
STREAM = "stream"

# How many values of a row a projection could not read, where it counts them.
UNREAD = "unread"

# Column -> type of `lake/_quarantine/<stream>/*.parquet`. Never the text itself.
QUARANTINE_COLUMNS: Mapping[str, str] = {
    "load_id": "string",
    "file_sha256": "string",
    "record_no": "bigint",
    "line_no": "bigint",
    "byte_offset": "bigint",
    "length_bytes": "bigint",
    "reason": "string",
    "field": "string",
    "parser_position": "bigint",
}


def duckdb_type(type_: str) -> str:
    """The DuckDB spelling of a portable type word."""
    return "varchar" if type_ == "string" else type_
