"""Whether Spark can run here, and how it is run."""

import os

import pytest

from loaders.errors import SettingsError
from nightly.spark import spark_version

SPARK = {
    # A batch of a few hundred rows is over before a better compiler pays.
    "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m "
    "-XX:+UseSerialGC",
    "TOLLBOOK_SPARK_MEMORY": "1g",
}


@pytest.fixture(scope="session")
def engines():
    """Spark can run here; where it must, it is an error that it cannot."""
    try:
        spark_version()
    except SettingsError as error:
        if os.environ.get("CI") or os.environ.get("TOLLBOOK_REQUIRE_SHARED"):
            pytest.fail(str(error))
        pytest.skip(str(error))
