"""A small directory: versions of keys and teams, and which of them holds when."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LONG_AGO = datetime(1999, 1, 1)
RECORDED = datetime(2026, 3, 28)
IDS = {"teams": "team_id", "api_keys": "api_key_id"}
VALUES = {
    "teams": "organization_id name cost_center_id",
    "api_keys": "application_id project_id team_id developer_id issued_at",
}


@dataclass
class Directory:
    """What was said of keys and teams.

    Attributes:
        rows: (table, row, night).
        seconds: When it was said; no two rows of a moment are left to their hashes.
    """

    rows: list[tuple[str, dict[str, object], int]] = field(default_factory=list)
    seconds: Iterator[int] = field(default_factory=lambda: iter(range(10**6)))

    def say(
        self, table: str, id_: str, since: datetime, night: int, **said: object
    ) -> None:
        row = dict.fromkeys(VALUES[table].split()) | {IDS[table]: id_} | said
        row["valid_from"] = since
        row["recorded_at"] = RECORDED + timedelta(seconds=next(self.seconds))
        self.rows.append((table, row, night))

    def of(self, table: str, first: int, last: int) -> list[dict[str, object]]:
        """Rows of a table that came in these nights."""
        return [
            row
            for of, row, night in self.rows
            if of == table and first <= night <= last
        ]

    def held(
        self, table: str, id_: object, moment: datetime, night: int = 99
    ) -> dict[str, object]:
        """The row that holds at a moment, by what is known in a night, or nothing.

        The last word where several begin as one.
        """
        begun = [
            row
            for row in self.of(table, 1, night)
            if row[IDS[table]] == id_ and row["valid_from"] <= moment  # type: ignore[operator]
        ]
        last = max(begun, key=lambda r: (r["valid_from"], r["recorded_at"]), default={})
        return {} if last.get("is_deleted") else last
