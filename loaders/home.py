"""A home: the folders of one installation and its `tollbook.toml`."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import pytz

from loaders.errors import SettingsError
from loaders.formats import registry
from loaders.gateway.words import WORDS
from loaders.geography import Network

HOME_VARIABLE = "TOLLBOOK_HOME"
# A rule may say this instead of a format: leave such files alone, silently.
IGNORE = "ignore"
# Only our own generator writes here.
DEMO_FOLDER = "demo"


@dataclass(frozen=True)
class InboxRule:
    """How to read the files of the inbox that match a glob.

    Attributes:
        glob: Against the path below `inbox/`, e.g. `eu/*.ndjson.gz`.
        format: Format name, `ignore`, or None to detect.
        timezone: IANA zone of times without an offset.
        gateway: `gateway` of the records; None for the format's own name.
        mapping: Our words and the operator's keys, of formats whose keys he chooses.
    """

    glob: str
    format: str | None = None
    timezone: str = "UTC"
    gateway: str | None = None
    mapping: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Settings:
    """`tollbook.toml`; every setting has a default.

    Attributes:
        inbox: Rules in order; the first that matches a file holds.
        max_rejected_ratio: More rejected records than this share of those read in one
            night end it with 4.
        keep_published_runs: Published runs kept, the newest included.
        network: Where client addresses are looked up.
        has_price_library: Prices of the installed genai-prices are landed each night.
    """

    inbox: tuple[InboxRule, ...] = ()
    max_rejected_ratio: float = 0.01
    keep_published_runs: int = 3
    network: Network = field(default_factory=Network)
    has_price_library: bool = True


@dataclass(frozen=True)
class Home:
    """Everything that one installation writes lives under here."""

    path: Path
    settings: Settings = field(default_factory=Settings)

    @property
    def inbox(self) -> Path:
        """Files as they arrived; never written to."""
        return self.path / "inbox"

    @property
    def prices(self) -> Path:
        """What each version of the price library brought, as files that are landed."""
        return self.path / "prices"

    @property
    def lake(self) -> Path:
        """Canonical records, the ledger, quarantine."""
        return self.path / "lake"

    @property
    def build(self) -> Path:
        """The private warehouse and what dbt needs beside it."""
        return self.path / "build"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file being built."""
        return self.build / "tollbook.duckdb"

    @property
    def published(self) -> Path:
        """Symlink to the newest audited run."""
        return self.path / "published"

    def is_new(self) -> bool:
        """No settings, no loads and nothing in the inbox: no person used it yet.

        Only such a home may get invented requests.
        """
        used = (self.path / "tollbook.toml", self.lake, self.build)
        is_used = any(path.exists() for path in used)
        return not is_used and not any(p.is_file() for p in self.inbox.rglob("*"))

    def rule_for(self, name: str) -> InboxRule:
        """The rule of a file, by its path below the inbox.

        Where no rule does, a folder of the inbox named like a format forces that
        format, and so does a file name that begins with a directory table's.

        Args:
            name: The path below the inbox; of a file elsewhere, the full one.
        """
        # Rules are for what others wrote.
        is_own = name.startswith("../prices/")
        for rule in () if is_own else self.settings.inbox:
            if fnmatch(name, rule.glob):
                return rule
        *folders, file = Path(name).parts
        # Outside the inbox a folder is named for other reasons.
        below = [] if Path(name).is_absolute() else folders
        for part in (*below, _table_of(file)):
            if part in registry():
                return InboxRule(glob=name, format=part)
        return InboxRule(glob=name)


def _table_of(file: str) -> str | None:
    """The directory table whose name a file name begins with."""
    tables = [
        name
        for name in registry()
        if name.startswith("directory_") and re.match(rf"{name}(?![A-Za-z])", file)
    ]
    return max(tables, key=len, default=None)


def open_home(path: Path | None = None) -> Home:
    """The home at a path, at `TOLLBOOK_HOME`, or at `./data`.

    Raises:
        SettingsError: `tollbook.toml` cannot be understood; the message names the key.
    """
    given = path or Path(os.environ.get(HOME_VARIABLE, "data"))
    folder = Path(os.path.abspath(given))
    file = folder / "tollbook.toml"
    if not file.exists():
        return Home(folder)
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: {error}") from error
    return Home(folder, _settings(raw, file))


def _settings(raw: Mapping[str, object], file: Path) -> Settings:
    _no_others(raw, {"inbox", "night", "network", "prices"}, f"{file}")
    rules = raw.get("inbox", [])
    if not isinstance(rules, list):
        raise SettingsError(f"{file}: write inbox rules as [[inbox]]")
    night = raw.get("night", {})
    if not isinstance(night, dict):
        raise SettingsError(f"{file}: write night settings as [night]")
    _no_others(night, {"max_rejected_ratio", "keep_published_runs"}, f"{file} [night]")
    ratio = night.get("max_rejected_ratio", Settings.max_rejected_ratio)
    if isinstance(ratio, bool) or not isinstance(ratio, int | float):
        raise SettingsError(f"{file} [night] max_rejected_ratio: a number from 0 to 1")
    if not 0 <= ratio <= 1:
        raise SettingsError(f"{file} [night] max_rejected_ratio: a number from 0 to 1")
    kept = night.get("keep_published_runs", Settings.keep_published_runs)
    if isinstance(kept, bool) or not isinstance(kept, int) or kept < 1:
        raise SettingsError(f"{file} [night] keep_published_runs: a number from 1 up")
    return Settings(
        inbox=tuple(_rule(rule, file) for rule in rules),
        max_rejected_ratio=float(ratio),
        keep_published_runs=kept,
        network=_network(raw.get("network", {}), file),
        has_price_library=_has_price_library(raw.get("prices", {}), file),
    )


def _has_price_library(raw: object, file: Path) -> bool:
    if not isinstance(raw, dict):
        raise SettingsError(f"{file}: write price settings as [prices]")
    _no_others(raw, {"library"}, f"{file} [prices]")
    is_used = raw.get("library", True)
    if not isinstance(is_used, bool):
        raise SettingsError(f"{file} [prices] library: true or false")
    return is_used


def _network(raw: object, file: Path) -> Network:
    if not isinstance(raw, dict):
        raise SettingsError(f"{file}: write network settings as [network]")
    where = f"{file} [network]"
    _no_others(raw, {"country_file", "asn_file"}, where)
    for key, value in raw.items():
        if not isinstance(value, str) or not value or "\0" in value:
            raise SettingsError(f"{where} {key}: the path of a file")
    return Network(**{key: file.parent / value for key, value in raw.items()})


def _rule(raw: object, file: Path) -> InboxRule:
    where = f"{file} [[inbox]]"
    if not isinstance(raw, dict):
        raise SettingsError(f"{where}: not a table")
    _no_others(raw, {"glob", "format", "timezone", "gateway", "mapping"}, where)
    mapping = _mapping(raw.get("mapping", {}), where)
    named = registry().get(str(raw.get("format")))
    if mapping and named and not named.is_mapped:
        raise SettingsError(f"{where} mapping: {named.name} has keys of its own")
    rule = {key: value for key, value in raw.items() if key != "mapping"}
    for key, value in rule.items():
        if not isinstance(value, str) or not value:
            raise SettingsError(f"{where} {key}: a text that is not empty")
    if "glob" not in raw:
        raise SettingsError(f"{where}: needs a glob")
    known = [*registry(), IGNORE]
    if raw.get("format", IGNORE) not in known:
        raise SettingsError(f"{where} format: one of {', '.join(known)}")
    if raw.get("timezone", "UTC") not in pytz.all_timezones_set:
        raise SettingsError(f"{where} timezone: not an IANA time zone")
    return InboxRule(**rule, mapping=mapping)


def _mapping(raw: object, where: str) -> tuple[tuple[str, str], ...]:
    """Our words and the keys that an operator chose for them."""
    if not isinstance(raw, dict):
        raise SettingsError(f"{where} mapping: write it as [inbox.mapping]")
    known = {word for words in WORDS.values() for word, _ in words}
    _no_others(raw, known, f"{where} mapping")
    for word, key in raw.items():
        if not isinstance(key, str) or not key:
            raise SettingsError(f"{where} mapping {word}: a text that is not empty")
    return tuple(sorted(raw.items()))


def _no_others(raw: Mapping[str, object], known: set[str], where: str) -> None:
    for key in raw:
        if key not in known:
            expected = ", ".join(sorted(known))
            raise SettingsError(f"{where}: unknown setting '{key}' (known: {expected})")
