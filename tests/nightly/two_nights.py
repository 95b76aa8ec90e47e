"""Two small nights that meet every road: what a killed run must not lose or repeat.

The second one brings a file, a longer version of a file, a copy, and a correction of
the directory that reaches back to the first day.
"""

import os
from pathlib import Path

from tests.conftest import ndjson, record

DAY = 86400
FIRST_DAY = 1775001600  # 2026-04-01 00:00 UTC
MIDNIGHT = FIRST_DAY + DAY
_KEYS = b"api_key_id,team_id,project_id,valid_from\n"


def call(name: str, second: float, **changes: object) -> dict[str, object]:
    """A call so many seconds before or after the first midnight."""
    times = {"startTime": MIDNIGHT + second, "endTime": MIDNIGHT + second + 1}
    return record(name, completionStartTime=None, **times, **changes)


_FAILED = {"status": "failure", "error_information": {"error_code": "503"}}
_GROWING = ndjson(call("late", 3 * 3600), call("x", -7200, trace_id="t-2"))
_NIGHTS = {
    1: {
        "litellm/a.ndjson": ndjson(
            call("a", -80000), call("b", -60, id="tried", **_FAILED)
        ),
        "litellm/growing.ndjson": _GROWING,
        "litellm/cut.ndjson": ndjson(call("c", -50000)) + b"{cut\n",
        "directory_api_keys.csv": _KEYS + b"key-hash,team-a,,2026-01-01\n",
        "directory_teams.csv": b"team_id,name,valid_from\nteam-a,A,2026-01-01\n",
    },
    2: {
        "litellm/b.ndjson": ndjson(
            call("retried", 20), call("third", 2 * DAY), call("earlier", -DAY - 60)
        ),
        "litellm/growing.ndjson": _GROWING + ndjson(call("more", 4 * 3600)),
        "litellm/copy.ndjson": ndjson(call("a", -80000)),
        "directory_api_keys_2.csv": _KEYS + b"key-hash,team-b,,2026-04-01\n",
    },
}


def write_night(inbox: Path, number: int) -> None:
    """Put the files of a night into an inbox, with times that do not vary."""
    for name, content in _NIGHTS[number].items():
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (MIDNIGHT, MIDNIGHT + number))
    settings = inbox.parent / "tollbook.toml"
    # When the library's prices were observed is on the wall clock.
    settings.write_text("[night]\nmax_rejected_ratio = 1\n[prices]\nlibrary = false\n")
