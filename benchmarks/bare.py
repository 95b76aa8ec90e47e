"""What reading a gateway's file costs that nobody lands.

`python -m benchmarks.bare WAY FILE` prints the seconds, imports apart:

- `json`: DuckDB reads every field of every line into a table.
- `regexp`: DuckDB cuts the combined lines apart by one regular expression.
- `goaccess`: GoAccess (Debian's package) makes its report of the lines.
"""

import json
import subprocess
import sys
import time

import duckdb

_COMBINED = (
    r'^(\S+) (\S+) (\S+) \[([^\]]+)\] "(\S+) (\S+) (\S+)" (\d+) (\S+) '
    r'"([^"]*)" "([^"]*)"'
)


def _json(path: str) -> None:
    duckdb.execute(
        "create temp table lines as from read_ndjson_auto($1, "
        "maximum_object_size = 67108864)",
        [path],
    )


def _regexp(path: str) -> None:
    names = ", ".join(f"'f{number}'" for number in range(11))
    duckdb.execute(
        f"""
        create temp table lines as
        select unnest(regexp_extract(line, $1, [{names}]))
        from read_csv($2, columns = {{line: 'varchar'}}, delim = '\x01', quote = '',
            escape = '', header = false)
        """,
        [_COMBINED, path],
    )


def _goaccess(path: str) -> None:
    report = f"{path}.report.json"
    command = ["goaccess", path, "--log-format=COMBINED", "-o", report]
    subprocess.run(command, check=True, capture_output=True)


WAYS = {"json": _json, "regexp": _regexp, "goaccess": _goaccess}

if __name__ == "__main__":
    began = time.perf_counter()
    WAYS[sys.argv[1]](sys.argv[2])
    print(json.dumps({sys.argv[1]: time.perf_counter() - began}))
