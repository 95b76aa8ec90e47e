"""Counting what became of each load's records."""

from collections import Counter
from dataclasses import dataclass, field

from loaders.engine import Connection
from loaders.load import Load


@dataclass
class Tally:
    """What became of one load's records; `held` is of lines that hold many."""

    records: int = 0
    held: int = 0
    masked: int = 0
    unread: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)

    def read_of(self, load: Load) -> int:
        """Lines are counted by us; a large array only DuckDB can count."""
        if load.format.unfold is not None:
            return self.held
        is_counted = load.source.layout == "lines"
        return load.source.line_count if is_counted else self.records


def count(con: Connection, tallies: dict[str, Tally]) -> None:
    """Add what `projected` holds of each load."""
    rows = con.execute(
        """
        select
            placed.load_id,
            refused,
            count(*),
            coalesce(sum(masked.value_count), 0),
            coalesce(sum(unread_count) filter (where refused is null), 0)
        from projected
        inner join placed on projected.rowid = placed.row_id
        left join masked on projected.rowid = masked.row_id
        group by placed.load_id, refused
        """
    ).fetchall()
    for load_id, refused, records, masked_count, unread_count in rows:
        tally = tallies[load_id]
        tally.records += records
        tally.masked += masked_count
        tally.unread += unread_count
        reason, _, rest = (refused or "").partition(":")
        if reason == "ignored":
            tally.ignored[rest] += records
        elif reason:
            tally.quarantined[reason] += records
