"""Settings: defaults for everything, and errors that name the key."""

import pytest

from loaders.errors import SettingsError
from loaders.home import InboxRule, open_home


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "tollbook.toml"),
        ("[nigt]\n", "unknown setting 'nigt'"),
        ("[inbox]\n", "write inbox rules as"),
        ("[[inbox]]\nformat = 'litellm'\n", "needs a glob"),
        (
            "[[inbox]]\nglob = 'x'\nformat = 'cvs'\n",
            "format: one of litellm, ",
        ),
        ("[[inbox]]\nglob = 'x'\ntimezone = 'Mars/North'\n", "not an IANA time zone"),
        ("[[inbox]]\nglob = 7\n", "glob: a text"),
        ("[[inbox]]\nglob = 'x'\nhots = 'h'\n", "unknown setting 'hots'"),
        ("[night]\nmax_rejected_ratio = 2\n", "from 0 to 1"),
        ("[night]\nmax_rejected_ratio = true\n", "from 0 to 1"),
        ("[night]\nkeep_published_runs = 0\n", "from 1 up"),
        ("network = 1\n", "write network settings as"),
        ("[network]\ncity_file = 'x'\n", "unknown setting 'city_file'"),
        ("[network]\nasn_file = 7\n", "asn_file: the path of a file"),
        ("[network]\ncountry_file = ''\n", "country_file: the path of a file"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, text, message):
    (tmp_path / "tollbook.toml").write_text(text)
    with pytest.raises(SettingsError, match=message.replace("[", r"\[")):
        open_home(tmp_path)


def test_the_first_rule_that_matches_holds(tmp_path):
    (tmp_path / "tollbook.toml").write_text(
        "[night]\nmax_rejected_ratio = 0.5\n"
        "[[inbox]]\nglob = 'eu/*'\ntimezone = 'Europe/Berlin'\n"
        "[[inbox]]\nglob = '*'\ngateway = 'all'\n"
    )
    home = open_home(tmp_path)
    assert home.settings.max_rejected_ratio == 0.5
    assert home.rule_for("eu/a.ndjson").timezone == "Europe/Berlin"
    assert home.rule_for("us/a.ndjson").gateway == "all"


def test_the_home_comes_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("TOLLBOOK_HOME", str(tmp_path))
    assert open_home().path == tmp_path
    assert open_home().rule_for("litellm/x").format == "litellm"
    assert open_home().rule_for("x") == InboxRule(glob="x")


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("events/a.ndjson", "events"),
        ("eu/litellm/a.ndjson", "litellm"),
        ("/any/where/events/litellm.ndjson", None),
        ("/any/where/directory_teams.csv", "directory_teams"),
        ("directory_teams_eu.csv", "directory_teams"),
        ("directory_teams2026.csv", "directory_teams"),
        ("directory_teams", "directory_teams"),
        ("directory_plan_endpoints_eu.csv", "directory_plan_endpoints"),
        ("directory_plans-1.csv", "directory_plans"),
        ("directory_teamsters.csv", None),
        ("directory_people.csv", None),
    ],
)
def test_what_a_name_says_of_the_format(tmp_path, name, format_):
    assert open_home(tmp_path).rule_for(name).format == format_
