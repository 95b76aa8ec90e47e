"""A record of every format, as a vendor writes it; the n-th is unlike the others."""

from collections.abc import Callable
from typing import Any

from tests.loaders.gateway.test_access_log import combined_line, json_line
from tests.loaders.gateway.test_envoy_ai import envoy_ai_record
from tests.loaders.gateway.test_envoy_text import envoy_line

# Format -> its n-th record: an object of a JSON format, or a line of text.
SAMPLES: dict[str, Callable[[int], dict[str, Any] | bytes]] = {
    "access_log": combined_line,
    "access_log_json": json_line,
    "envoy_ai": envoy_ai_record,
    "envoy_text": envoy_line,
}
