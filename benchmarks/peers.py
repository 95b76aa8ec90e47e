"""The bare conversion: what DuckDB, polars, pyarrow and chdb need for the same file.

Read with the typed schema of the file's own fields, write one zstd Parquet file. No
check, no meaning, no privacy, no ledger. `python -m benchmarks.peers NAME FILE OUT`
prints the seconds, imports apart.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

Fields = dict[str, Any]

# Every field that events.sql writes.
FIELDS: Fields = {
    "event_type": "text", "event_time": "time", "request_id": "text",
    "logical_request_id": "text", "trace_id": "text",
    "consumer": dict.fromkeys(
        ("api_key_id", "team_id", "organization_id", "end_user_id"), "text"
    ),
    "api": dict.fromkeys(("endpoint", "method", "version", "environment"), "text"),
    "model": dict.fromkeys(("provider", "requested", "served"), "text"),
    "network": dict.fromkeys(
        ("client_ip", "region", "sdk_name", "sdk_version"), "text"
    ),
    "timings": {"request_duration_ms": "double", "ttft_ms": "double"},
    "result": {"status_code": "int", "finish_reason": "text", "is_streamed": "bool"},
    "usage": {
        "raw": {
            "prompt_tokens": "int", "completion_tokens": "int", "total_tokens": "int",
            "prompt_tokens_details": {"cached_tokens": "int"},
        },
        "logged_cost_usd": "text",
    },
    "tags": ["text"],
}  # fmt: skip


def _duckdb(source: str, target: str) -> float:
    import duckdb

    names = {
        "text": "varchar", "time": "timestamp", "double": "double", "int": "bigint",
        "bool": "boolean",
    }  # fmt: skip

    def type_of(field: Any) -> str:
        if isinstance(field, dict):
            inner = ", ".join(f'"{name}" {type_of(f)}' for name, f in field.items())
            return f"struct({inner})"
        return f"{type_of(field[0])}[]" if isinstance(field, list) else names[field]

    columns = ", ".join(f"{name}: '{type_of(f)}'" for name, f in FIELDS.items())
    con = duckdb.connect()
    began = time.perf_counter()
    con.execute(
        f"""
        copy (
            from read_json(
                $source, format = 'newline_delimited', columns = {{{columns}}}
            )
        ) to '{target}' (format parquet, compression zstd)
        """,
        {"source": source},
    )
    return time.perf_counter() - began


def _polars(source: str, target: str) -> float:
    import polars as pl

    names = {
        "text": pl.String, "time": pl.String, "double": pl.Float64, "int": pl.Int64,
        "bool": pl.Boolean,
    }  # fmt: skip

    def type_of(field: Any) -> Any:
        if isinstance(field, dict):
            return pl.Struct({name: type_of(f) for name, f in field.items()})
        return pl.List(type_of(field[0])) if isinstance(field, list) else names[field]

    began = time.perf_counter()
    read = pl.scan_ndjson(source, schema={n: type_of(f) for n, f in FIELDS.items()})
    timed = read.with_columns(
        pl.col("event_time").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us")
    )
    timed.sink_parquet(target, compression="zstd")
    return time.perf_counter() - began


def _pyarrow(source: str, target: str) -> float:
    import pyarrow as pa
    from pyarrow import json as pa_json
    from pyarrow import parquet

    names = {
        "text": pa.string(), "time": pa.timestamp("us"), "double": pa.float64(),
        "int": pa.int64(), "bool": pa.bool_(),
    }  # fmt: skip

    def type_of(field: Any) -> Any:
        if isinstance(field, dict):
            return pa.struct([(name, type_of(f)) for name, f in field.items()])
        return pa.list_(type_of(field[0])) if isinstance(field, list) else names[field]

    schema = pa.schema([(name, type_of(f)) for name, f in FIELDS.items()])
    began = time.perf_counter()
    batches = pa_json.open_json(
        source,
        read_options=pa_json.ReadOptions(block_size=16 << 20),
        parse_options=pa_json.ParseOptions(explicit_schema=schema),
    )
    with parquet.ParquetWriter(target, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
    return time.perf_counter() - began


def _chdb(source: str, target: str) -> float:
    import chdb

    names = {
        "text": "Nullable(String)", "time": "Nullable(DateTime64(6))",
        "double": "Nullable(Float64)", "int": "Nullable(Int64)",
        "bool": "Nullable(Bool)",
    }  # fmt: skip

    def type_of(field: Any) -> str:
        if isinstance(field, dict):
            return f"Tuple({', '.join(f'{n} {type_of(f)}' for n, f in field.items())})"
        return (
            f"Array({type_of(field[0])})" if isinstance(field, list) else names[field]
        )

    columns = ", ".join(f"{name} {type_of(f)}" for name, f in FIELDS.items())
    began = time.perf_counter()
    chdb.query(
        f"""
        insert into function file('{target}', 'Parquet')
        select * from file('{source}', 'JSONEachRow', '{columns}')
        settings date_time_input_format = 'best_effort',
            output_format_parquet_compression_method = 'zstd',
            engine_file_truncate_on_insert = 1
        """
    )
    return time.perf_counter() - began


PEERS: dict[str, Callable[[str, str], float]] = {
    "duckdb": _duckdb, "polars": _polars, "pyarrow": _pyarrow, "chdb": _chdb,
}  # fmt: skip

if __name__ == "__main__":
    print(json.dumps({"seconds": PEERS[sys.argv[1]](*sys.argv[2:])}))
