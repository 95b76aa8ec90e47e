"""Access logs of web servers: no tokens, but who asked what, statuses and bytes."""

import re
from collections.abc import Set

from loaders.gateway.calls import gateway_format

_LINE = re.compile(
    r"[^\"\[]+ \S+ .+ \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] \".*\" "
    r"(\d{3}|-) (\d+|-)( .*)?"
)
_NAMES = {"status", "request", "remote_addr", "request_uri", "http_user_agent"}
_TIMES = {"time_iso8601", "time_local", "msec", "@timestamp", "timestamp", "time"}


def _recognises(keys: Set[str]) -> bool:
    return len(keys & _NAMES) >= 3 and bool(keys & _TIMES)


ACCESS_LOG = gateway_format(
    "access_log",
    lambda keys: False,
    sql="access_log.sql",
    is_json=False,
    # A client may quote such a line inside a JSON record.
    recognises_line=lambda line: line[:1] != "{" and _LINE.fullmatch(line) is not None,
)
ACCESS_LOG_JSON = gateway_format(
    "access_log_json",
    _recognises,
    fields="access_log_json.csv",
    sql="access_log_json.sql",
    gateway="access_log",
)
