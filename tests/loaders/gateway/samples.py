"""A record of every format, as a vendor writes it; the n-th is unlike the others."""

from collections.abc import Callable
from typing import Any

from tests.loaders.gateway import (
    test_access_log,
    test_azure_apim,
    test_bedrock,
    test_cloudflare,
    test_envoy_ai,
    test_envoy_text,
    test_helicone,
    test_higress,
    test_kong_ai,
    test_langfuse,
    test_openrouter,
    test_otlp_genai,
    test_portkey,
)

# Format -> its n-th record: an object of a JSON format, or a line of text.
SAMPLES: dict[str, Callable[[int], dict[str, Any] | bytes]] = {
    "access_log": test_access_log.combined_line,
    "access_log_json": test_access_log.json_line,
    "azure_apim": test_azure_apim.sample,
    "bedrock": test_bedrock.sample,
    "cloudflare": test_cloudflare.sample,
    "envoy_ai": test_envoy_ai.envoy_ai_record,
    "envoy_text": test_envoy_text.envoy_line,
    "helicone": test_helicone.sample,
    "higress": test_higress.sample,
    "kong_ai": test_kong_ai.sample,
    "langfuse": test_langfuse.sample,
    "openrouter": test_openrouter.sample,
    "otlp_genai": test_otlp_genai.sample,
    "portkey": test_portkey.sample,
}
