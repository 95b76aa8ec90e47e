"""Valid records of each gateway format, as many as a test wants."""

from collections.abc import Callable
from typing import Any

from tests.loaders.gateway import test_azure_apim, test_langfuse, test_otlp_genai

# Format name -> its n-th record: an object, or a line of text.
SAMPLES: dict[str, Callable[[int], dict[str, Any] | bytes]] = {
    "azure_apim": test_azure_apim.sample,
    "langfuse": test_langfuse.sample,
    "otlp_genai": test_otlp_genai.sample,
}
