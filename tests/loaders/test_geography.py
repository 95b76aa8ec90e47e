"""Where addresses are, of an operator's own files; a bad file is named, never fatal."""

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from loaders.door import pseudonymise
from loaders.engine import engine
from loaders.errors import SettingsError
from loaders.geography import NOWHERE, Network, geography_of
from loaders.home import open_home
from loaders.streams import GATEWAY_REQUESTS

KEY = b"0123456789abcdef"
COUNTRIES = {
    "198.51.100.0/24": {"country": {"iso_code": "DE"}},
    "203.0.113.0/24": {
        "country": {"iso_code": "FR"},
        "registered_country": {"iso_code": "US"},
    },
    "192.0.2.0/24": {"registered_country": {"iso_code": "JP"}},
    "100.64.0.0/24": {"country": {"iso_code": "Germany, Jane's"}},
    "100.64.1.0/24": {"country": "DE"},
    "2001:db8::/32": {"country": {"iso_code": "NL"}},
}
NETWORKS = {
    "198.51.100.0/24": {"autonomous_system_number": 64496},
    "192.0.2.0/24": {"autonomous_system_number": "64497"},
}


def write(path, records, version=6):
    writer = MMDBWriter(version, "GeoLite2-Test", ipv4_compatible=version == 6)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("network")
    return Network(
        write(folder / "countries.mmdb", COUNTRIES),
        # Of IPv4 alone, as some are.
        write(folder / "networks.mmdb", NETWORKS, version=4),
    )


def placed(geography, *addresses):
    """Country and network of each raw address, as landing will join them."""
    with engine() as con:
        con.execute(
            "create temp table projected as "
            "select null::varchar as refused, unnest($1) as client_ip",
            [list(addresses)],
        )
        pseudonymise(con, [GATEWAY_REQUESTS], frozenset({"client_ip"}), KEY, geography)
        rows = con.execute("select raw, country, asn from addresses").fetchall()
    found = {raw: (country, network) for raw, country, network in rows}
    return [found[address] for address in addresses]


def test_addresses_are_where_the_files_say(files):
    with geography_of(files) as geography:
        assert placed(
            geography,
            "198.51.100.7",
            "198.51.100.7:443, 203.0.113.1",
            "203.0.113.1",
            "192.0.2.1",
            "2001:db8::1",
            "[2001:db8::2]:443",
            "::ffff:203.0.113.9",
            "fe80::1%eth0",
            "10.0.0.1",
            "nowhere",
        ) == [
            ("DE", "AS64496"),
            ("DE", "AS64496"),
            ("FR", None),
            ("JP", None),
            ("NL", None),
            ("NL", None),
            ("FR", None),
            (None, None),
            (None, None),
            (None, None),
        ]


def test_what_is_no_country_code_is_unknown(files):
    with geography_of(files) as geography:
        assert placed(geography, "100.64.0.1", "100.64.1.1") == [(None, None)] * 2


def test_a_file_that_is_overwritten_meanwhile_is_read_as_it_was(tmp_path):
    file = write(tmp_path / "a.mmdb", COUNTRIES)
    with geography_of(Network(country_file=file)) as geography:
        file.write_bytes(b"")
        assert placed(geography, "198.51.100.7") == [("DE", None)]


def test_without_files_nothing_is_known_and_nothing_is_opened():
    with geography_of(Network()) as geography:
        assert geography == NOWHERE
        assert placed(geography, "198.51.100.7") == [(None, None)]


@pytest.mark.parametrize("setting", ["country_file", "asn_file"])
@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "No such file"), (b"", "damaged"), (b"<html>" * 999, "damaged")],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, setting, content, message):
    file = tmp_path / "a.mmdb"
    if content is not None:
        file.write_bytes(content)
    with (
        pytest.raises(SettingsError, match=rf"{setting}: .*a\.mmdb: {message}"),
        geography_of(Network(**{setting: file})),
    ):
        pass


@given(
    st.integers(1, 1 << 20) | st.none(),
    st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255))),
)
def test_a_damaged_file_is_named_or_read(tmp_path_factory, files, size, changes):
    whole = files.country_file.read_bytes()
    content = bytearray(whole if size is None else whole[: size % len(whole)])
    for place, value in changes:
        content[place % len(whole) : place % len(whole) + 1] = bytes([value])
    file = tmp_path_factory.mktemp("damaged") / "a.mmdb"
    file.write_bytes(content)
    problem = problem_with(file)
    assert problem is None or re.search("country_file: .*a.mmdb: damaged", problem)


def problem_with(file):
    try:
        with geography_of(Network(country_file=file)) as geography:
            for address in ("198.51.100.7", "2001:db8::1", "8.8.8.8"):
                geography.place_of(ipaddress.ip_address(address))
    except SettingsError as error:
        return str(error)


def test_a_home_names_its_files_below_itself_or_anywhere(tmp_path):
    (tmp_path / "tollbook.toml").write_text(
        "[network]\ncountry_file = 'geo/countries.mmdb'\nasn_file = '/srv/asn.mmdb'\n"
    )
    network = open_home(tmp_path).settings.network
    assert network.country_file == tmp_path / "geo" / "countries.mmdb"
    assert str(network.asn_file) == "/srv/asn.mmdb"
    assert open_home(tmp_path / "other").settings.network == Network()
