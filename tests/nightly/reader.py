"""A reader in a process of its own: asks the published book again and again.

`python -m tests.nightly.reader FILE SQL`: the SQL gives one row of numbers, all equal
in a whole book. A new connection each time, and old ones kept and asked again. When a
line comes in, it says what a new connection sees now; at the end, all that it saw.
"""

import json
import select
import sys
from collections import deque
from typing import Any

import duckdb

_MOST_KEPT = 5
# Leaves whoever publishes a processor.
_PAUSE_S = 0.01


class Reader:
    """What one reader saw."""

    def __init__(self, file: str, sql: str) -> None:
        self._file, self._sql = file, sql
        self._kept: deque[tuple[Any, int]] = deque()
        self.seen: dict[str, Any] = {"queries": 0, "wrong": [], "numbers": []}

    def ask(self) -> int:
        """The number of the book that is published now; also ask an old one again."""
        con = duckdb.connect(self._file, read_only=True)
        number = self._number(con)
        if number < max(self.seen["numbers"], default=0):
            self.seen["wrong"].append(f"book {number} came back")
        if number not in self.seen["numbers"]:
            self.seen["numbers"].append(number)
            self._kept.append((con, number))
        else:
            con.close()
        old, then = self._kept[0]
        if self._number(old) != then:
            self.seen["wrong"].append(f"the book {then} changed under its reader")
        if len(self._kept) > _MOST_KEPT:
            self._kept.popleft()[0].close()
        return number

    def _number(self, con: Any) -> int:
        (numbers,) = con.execute(self._sql).fetchall()
        self.seen["queries"] += 1
        if len(set(numbers)) != 1:
            self.seen["wrong"].append(f"mixed: {numbers}")
        return numbers[0]


def _main(file: str, sql: str) -> None:
    reader = Reader(file, sql)
    while True:
        asked = select.select([sys.stdin], [], [], _PAUSE_S)[0]
        if asked and not sys.stdin.readline():
            break
        try:
            number = reader.ask()
        except duckdb.Error as error:
            number = -1
            reader.seen["wrong"].append(str(error))
        if asked:
            print(number, flush=True)
    print(json.dumps(reader.seen), flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
