"""A company that does not exist, for trying tollbook out."""

import gzip
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb

_FIRST_DAY = date(2026, 4, 1)
_REQUESTS_A_DAY = 1500
_SQL = Path(__file__).with_name("litellm_day.sql")
# Real logs have one now and then: a line that a full disk cut off.
_CUT_LINE = '{"id":"chatcmpl-cut","litellm_call_id":"cut","call_type":"acom\n'


def write_demo(folder: Path, days: int = 3, seed: int = 1) -> Iterator[Path]:
    """Write LiteLLM logs, one gzip NDJSON a UTC day; same seed, same bytes.

    Args:
        folder: Made where it does not exist.
        days: From 2026-04-01 on.
        seed: Of every random choice.

    Yields:
        Each file, once it is whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    for number in range(days):
        day = _FIRST_DAY + timedelta(days=number)
        lines = con.execute(
            _SQL.read_text(),
            {"day": day.isoformat(), "seed": seed, "requests": _REQUESTS_A_DAY},
        ).fetchall()
        text = "".join(f"{line}\n" for (line,) in lines)
        if number == 1:
            text += _CUT_LINE
        path = folder / f"litellm-{day}.ndjson.gz"
        beside = path.with_suffix(".new")
        # No name and no time in the header: the bytes depend on the content alone.
        with beside.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
            file.write(text.encode())
        beside.rename(path)
        yield path
    con.close()
