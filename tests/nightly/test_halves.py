"""A request that a gateway tells of in two records is one attempt that knows both."""

import pytest

from tests.conftest import ndjson, published, tollbook
from tests.loaders.gateway.test_azure_apim import GATEWAY_LOG, LLM_LOG


@pytest.mark.parametrize("is_model_first", [True, False])
def test_two_halves_in_two_files_and_nights_are_one_whole_attempt(home, is_model_first):
    halves = [LLM_LOG, GATEWAY_LOG] if is_model_first else [GATEWAY_LOG, LLM_LOG]
    for place, half in enumerate(halves):
        (home.inbox / f"{place}.json").write_bytes(ndjson(half))
        done = tollbook(home, "nightly")
        assert done.returncode == 0, done.stdout + done.stderr
    rows = published(
        home,
        "select request_id, status_code, api_key_id, request_duration_us, "
        "model_served, input_uncached_tokens, output_tokens, token_basis "
        "from usage.fct_attempts",
    )
    assert rows == [
        (
            "corr-1",
            200,
            "subscription-1",
            2_500_000,
            "gpt-4o-2024-08-06",
            100,
            20,
            "provider_reported",
        )
    ]
