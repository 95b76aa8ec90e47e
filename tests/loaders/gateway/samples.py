"""Valid records of each gateway format, as many as a test wants."""

from collections.abc import Callable
from typing import Any

from tests.loaders.gateway import (
    test_bedrock,
    test_cloudflare,
    test_helicone,
    test_higress,
    test_kong_ai,
    test_openrouter,
    test_portkey,
)

# Format name -> its n-th record: an object, or a line of text.
SAMPLES: dict[str, Callable[[int], dict[str, Any] | bytes]] = {
    "kong_ai": test_kong_ai.sample,
    "bedrock": test_bedrock.sample,
    "higress": test_higress.sample,
    "openrouter": test_openrouter.sample,
    "helicone": test_helicone.sample,
    "portkey": test_portkey.sample,
    "cloudflare": test_cloudflare.sample,
}
