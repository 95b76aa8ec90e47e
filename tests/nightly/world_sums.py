"""Hours sum to days and slices to totals: aggregates against facts, in plain SQL."""

from collections.abc import Iterator

HOURLY = "usage.agg_usage_hourly"
ATTEMPTS = "(from usage.fct_attempts where is_counted)"
# Those that answer for a latency: successes that the gateway did not answer itself.
ANSWERED = """
    (status_code is null or status_code < 400) and error_type is null
    and is_aborted is not true and is_gateway_cache_hit is not true
"""


def columns(ask, table: str) -> dict[str, str]:
    return dict(
        ask(
            "select column_name, data_type from duckdb_columns() "
            f"where schema_name || '.' || table_name = '{table}'"
        )
    )


def unequal_sums(ask) -> Iterator[str]:
    """What does not add up: the slice, and the first rows that differ.

    Args:
        ask: Runs SQL on the books and gives its rows.
    """
    hourly, attempts = columns(ask, HOURLY), columns(ask, "usage.fct_attempts")
    shared = {name: hourly[name] for name in hourly if name in attempts}
    meters = [n for n, type_ in shared.items() if type_ in ("BIGINT", "DECIMAL(38,12)")]
    slices = [n for n, type_ in shared.items() if type_ in ("VARCHAR", "BOOLEAN")]
    assert len(meters) > 15
    assert len(slices) > 20
    sums = ", ".join(f"sum({meter})" for meter in meters)
    day, hour = "event_date", "date_trunc('hour', requested_at)"
    for name in ["true", *slices]:
        yield from difference(
            ask, f"attempts by day and {name}",
            f"select {day}, {name}, count(*), {sums} from {ATTEMPTS} "
            "group by all",
            f"select {day}, {name}, sum(attempt_count), {sums} from {HOURLY} "
            "group by all having sum(attempt_count) > 0",
        )  # fmt: skip
    requests = columns(ask, "usage.fct_logical_requests")
    for name in ["true", *(name for name in slices if name in requests)]:
        yield from difference(
            ask, f"requests by day and {name}",
            f"select {day}, {name}, count(*), count_if(outcome = 'succeeded') "
            "from usage.fct_logical_requests group by all",
            f"select {day}, {name}, sum(logical_request_count), sum(succeeded_count) "
            f"from {HOURLY} group by all having sum(logical_request_count) > 0",
        )  # fmt: skip
    yield from difference(
        ask, "attempts by hour",
        f"select {hour}, count(*), {sums} from {ATTEMPTS} group by all",
        f"select hour_started_at, sum(attempt_count), {sums} from {HOURLY} group by all"
        " having sum(attempt_count) > 0",
    )  # fmt: skip
    yield from difference(
        ask, "days of completeness",
        f"select {day}, count(*) from {ATTEMPTS} group by all",
        "select event_date, attempt_count from quality.agg_completeness_daily "
        "where stream = 'gateway_requests' and attempt_count > 0",
    )  # fmt: skip
    for metric in ("request_duration_us", "ttft_us", "upstream_us"):
        yield from difference(
            ask, f"buckets of {metric}",
            f"select {hour}, endpoint, model_served, count(*) from {ATTEMPTS} "
            f"where {ANSWERED} and {metric} is not null group by all",
            "select hour_started_at, endpoint, model_served, sum(attempt_count) "
            "from performance.agg_latency_hourly "
            f"where metric = '{metric}' group by all",
        )  # fmt: skip


def difference(ask, what: str, facts: str, aggregates: str) -> Iterator[str]:
    for missing, left, right in (
        ("not in the aggregate", facts, aggregates),
        ("not in the facts", aggregates, facts),
    ):
        rows = ask(f"({left}) except all ({right}) limit 3")
        if rows:
            yield f"{what}: {missing}: {rows}"
