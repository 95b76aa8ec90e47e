"""Envoy's own text access log, as every Envoy writes it that nobody configured."""

import json
import re

from loaders.gateway.calls import gateway_format

_LINE = re.compile(
    r"[^\[]{0,2000}\[\d{4}-\d\d-\d\dT[\d:.]+Z\] \"\S+ \S+ \S+\" \d{1,3} .+"
)
# Where a container's runtime or a collector puts a line.
_WRAPPERS = ("message", "log", "textPayload")


def _recognises_line(line: str) -> bool:
    if line.startswith("{"):
        try:
            wrapped = json.loads(line)
        except (ValueError, RecursionError):
            return False
        texts = (wrapped.get(key) for key in _WRAPPERS)
        line = next((text for text in texts if isinstance(text, str)), "")
    return _LINE.match(line) is not None


ENVOY_TEXT = gateway_format(
    "envoy_text",
    lambda keys: False,
    sql="envoy_text.sql",
    is_json=False,
    recognises_line=_recognises_line,
)
