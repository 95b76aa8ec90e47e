"""Where client addresses are: an operator's MaxMind-format files, where there are any.

A file that is replaced by a newer one changes nothing that is landed already.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import maxminddb

from loaders.errors import SettingsError
from loaders.privacy import Address

_COUNTRY = re.compile(r"[A-Z]{2}")
_DAMAGED = "damaged, or not in MaxMind's format"


@dataclass(frozen=True)
class Network:
    """Files of MaxMind's format that say where addresses are; None for unknown.

    Attributes:
        country_file: Of countries; GeoLite2-Country or a like one.
        asn_file: Of networks; GeoLite2-ASN or a like one.
    """

    country_file: Path | None = None
    asn_file: Path | None = None


@dataclass(frozen=True)
class _Source:
    """One opened file."""

    setting: str
    file: Path
    reader: maxminddb.Reader
    ip_version: int

    def record(self, address: Address) -> dict[str, object]:
        """What the file says of an address; empty where it says nothing."""
        # A file of IPv4 alone refuses the others.
        if address.version > self.ip_version:
            return {}
        try:
            found = self.reader.get(address)
        except Exception as error:
            raise _bad(self.setting, self.file, _DAMAGED) from error
        return dict(found) if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Geography:
    """What is known of addresses; by default nothing."""

    countries: _Source | None = None
    networks: _Source | None = None

    def place_of(self, address: Address) -> tuple[str | None, str | None]:
        """(ISO 3166 country, `AS` and number of the network); null is unknown.

        Raises:
            SettingsError: A file turns out to be damaged; it is named.
        """
        return self._country(address), self._network(address)

    def _country(self, address: Address) -> str | None:
        record = self.countries.record(address) if self.countries else {}
        for key in ("country", "registered_country"):
            country = record.get(key)
            code = country.get("iso_code") if isinstance(country, dict) else None
            if isinstance(code, str) and _COUNTRY.fullmatch(code):
                return code
        return None

    def _network(self, address: Address) -> str | None:
        record = self.networks.record(address) if self.networks else {}
        number = record.get("autonomous_system_number")
        is_number = isinstance(number, int) and 0 < number < 1 << 32
        return f"AS{number}" if is_number else None


NOWHERE = Geography()


@contextmanager
def geography_of(network: Network) -> Iterator[Geography]:
    """The files that a home names, opened for one run.

    Args:
        network: `home.settings.network`.

    Raises:
        SettingsError: A file is missing or none of MaxMind's format; it is named.
    """
    with ExitStack() as opened:

        def source(setting: str, file: Path | None) -> _Source | None:
            if file is None:
                return None
            reader = opened.enter_context(_open(setting, file))
            version = reader.metadata().ip_version
            if version not in (4, 6):
                raise _bad(setting, file, _DAMAGED)
            return _Source(setting, file, reader, version)

        yield Geography(
            source("country_file", network.country_file),
            source("asn_file", network.asn_file),
        )


def _open(setting: str, file: Path) -> maxminddb.Reader:
    try:
        # The reader in C ends the whole process where a file is damaged, and one that
        # maps the file where it is overwritten meanwhile.
        return maxminddb.open_database(file, maxminddb.MODE_MEMORY)
    except OSError as error:
        raise _bad(setting, file, error.strerror or "cannot be read") from error
    except Exception as error:
        raise _bad(setting, file, _DAMAGED) from error


def _bad(setting: str, file: Path, what: str) -> SettingsError:
    return SettingsError(f"tollbook.toml [network] {setting}: {file}: {what}")
