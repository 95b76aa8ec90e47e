"""Privacy at the door: pseudonyms for people, masks for credentials and e-mail.

A pseudonym is HMAC-SHA-256 under a key that never leaves the home, so equal inputs give
equal pseudonyms in every stream and joins hold. Lose the key and old and new pseudonyms
no longer meet. An e-mail address is one person however it is capitalised, and with
blanks around it.
"""

import hashlib
import hmac
import ipaddress
import os
import re
import secrets
from pathlib import Path

from loaders.errors import SettingsError
from loaders.json_files import read_json, write_json

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

KEY_VARIABLE = "TOLLBOOK_PSEUDONYM_KEY"
_KEY_FILE = "pseudonym.key"
_SHORTEST_KEY = 16

# Shapes of what people paste into user fields, tags, headers and file names, as both
# RE2 (DuckDB) and Python read them. In JSON text an escape may stand right before.
_START = r"(?:\b|_|\\[nrtbf])"
CREDENTIAL = "|".join(
    (
        _START + r"(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}",  # OpenAI, LiteLLM, Stripe
        r"sk-(?:proj|ant|or|svcacct|admin)-[A-Za-z0-9_-]{16,}",
        r"(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{16,}",
        r"(?:AKIA|ASIA)[0-9A-Z]{16}",  # AWS
        r"AIza[0-9A-Za-z_-]{35}",  # Google
        r"ya29\.[0-9A-Za-z_-]{20,}",
        r"gh[pousr]_[A-Za-z0-9]{30,}",
        r"github_pat_[A-Za-z0-9_]{30,}",
        r"glpat-[A-Za-z0-9_-]{16,}",
        r"xox[abprs]-[A-Za-z0-9-]{10,}",  # Slack
        r"(?:hf|npm|r8)_[A-Za-z0-9]{30,}",
        r"(?:gsk|whsec)_[A-Za-z0-9+/]{20,}",
        r"(?:xai|pplx)-[A-Za-z0-9]{20,}",
        r"nvapi-[A-Za-z0-9_-]{20,}",  # NVIDIA
        r"ABSK[A-Za-z0-9+/]{30,}=*",  # Amazon Bedrock
        r"dapi[0-9a-f]{32}",  # Databricks
        r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",  # JWT
        r"(?i:bearer|basic)\s+[A-Za-z0-9._~+/-]{16,}=*",
        # Also as a member of a JSON object, itself perhaps within a JSON string.
        r"(?i:api[_-]?key|secret|password|access[_-]?token)(?:\\?\")?\s*[=:]\s*"
        r"(?:\\?\")?[^\s\"'&,]{8,}",
        r"//[^/\s:@\"]+:[^/\s@\"]+@",  # user and password in a URL
        r"-----BEGIN [A-Z ]*PRIVATE KEY[^\"]*",
    )
)
EMAIL = (
    r"(?:\\[nrtbf])?[\w._%+\x{80}-\x{10FFFF}-]+(?:@|%40)"
    r"[\w\x{80}-\x{10FFFF}-]+(?:\.[\w\x{80}-\x{10FFFF}-]+)*"
    r"\.[A-Za-z\x{80}-\x{10FFFF}]{2,}"
)
# Of ASCII alone, whose letters every library makes small alike.
_MAIL = re.compile(r"[ \t\r\n]*[!-?A-~]+@[!-?A-~]+[ \t\r\n]*")
_BLANKS = " \t\r\n"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_HEX = r"[0-9A-Fa-f]"
_GROUP = _HEX + r"{1,4}"
IP = "|".join(
    (
        rf"{_START}(?:{_OCTET}\.){{3}}{_OCTET}(?:\b|_)",
        rf"{_START}(?:{_GROUP}:){{7}}{_GROUP}(?:\b|_)",
        rf"{_START}(?:{_GROUP}:){{1,6}}(?::{_GROUP}){{1,6}}(?:\b|_)",
        # 2001:db8:: and ::1, but neither a time nor a name of a programming language.
        rf"{_START}(?:[23]{_HEX}{{3}}|[Ff][C-Fc-f]{_HEX}{{2}}):(?:{_GROUP}:){{1,6}}:",
        rf"(?:\B|\\[nrtbf])::(?:[Ff]{{4}}:)?[0-9]{_HEX}{{0,3}}(?::{_GROUP}){{0,5}}"
        r"(?:\b|_)",
    )
)
# Version numbers look like addresses; an upstream host is ours, not a person's.
MAY_HOLD_IP = frozenset({"upstream_host", "sdk_version", "source_version"})
MASKS = (
    (CREDENTIAL, "[masked:credential]"),
    (EMAIL, "[masked:email]"),
    (IP, "[masked:ip]"),
)
ANY_SHAPE = "|".join(shape for shape, _ in MASKS)


def masked(text: str) -> str:
    """A path or name as it may be shown and stored.

    Args:
        text: May hold bytes that are no UTF-8, control characters, secrets.
    """
    readable = os.fsencode(text).decode("utf-8", "backslashreplace")
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in readable)
    for shape, mask in MASKS:
        python_shape = re.sub(r"\\x\{(\w+)\}", _python_escape, shape)
        # As in RE2, \w is ASCII: an accented letter before an address hides nothing.
        shown = re.sub(python_shape, mask, shown, flags=re.ASCII)
    return shown


def _python_escape(code: "re.Match[str]") -> str:
    return f"\\U{int(code[1], 16):08x}"


def pseudonym_key(home: Path) -> bytes:
    """The key of this home, made on first use.

    Args:
        home: `TOLLBOOK_HOME`.

    Returns:
        The bytes of `TOLLBOOK_PSEUDONYM_KEY` when set, else of
        `secrets/pseudonym.key` (mode 0600).

    Raises:
        SettingsError: The key is too short, or its file is readable by others.
    """
    given = os.environ.get(KEY_VARIABLE)
    if given is not None:
        return _checked(given.encode().strip(), KEY_VARIABLE)
    path = _key_file(home)
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Beside and renamed: a crash must not leave half a key behind.
        beside = path.with_suffix(".new")
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"{path} is readable by others; run: chmod 600 {path}")
    return _checked(path.read_bytes().strip(), str(path))


def key_of_lake(home: Path, has_loads: bool) -> bytes:
    """The key of this home, which is the one that made the lake's pseudonyms.

    Args:
        home: `TOLLBOOK_HOME`.
        has_loads: Whether the lake holds any; an empty one takes any key.

    Raises:
        SettingsError: The key is another one, or gone: a person would become two.
    """
    note = home / "lake" / "pseudonym_key.json"
    noted = read_json(note) if has_loads else None
    is_gone = KEY_VARIABLE not in os.environ and not _key_file(home).exists()
    if noted is None or not is_gone:
        key = pseudonym_key(home)
        fingerprint = pseudonym(key, "fingerprint", "key")
        if noted is None:
            write_json(note, {"fingerprint": fingerprint})
            return key
        if noted.get("fingerprint") == fingerprint:
            return key
    raise SettingsError(
        f"{'no' if is_gone else 'not the'} pseudonym key that made what {note.parent} "
        f"holds: nothing was loaded, for old and new pseudonyms would not meet. Put it "
        f"back ({_key_file(home)} or {KEY_VARIABLE}); or, to change the key, see that "
        f"the inbox holds every file, move lake/ and build/ away and run again"
    )


def _key_file(home: Path) -> Path:
    return home / "secrets" / _KEY_FILE


def _checked(key: bytes, where: str) -> bytes:
    if len(key) < _SHORTEST_KEY:
        raise SettingsError(f"{where}: a key needs at least {_SHORTEST_KEY} bytes")
    return key


def pseudonym(key: bytes, value: str, kind: str = "id") -> str:
    """HMAC-SHA-256 of one value, 32 hex digits.

    Args:
        key: From `pseudonym_key`.
        value: The raw identifier.
        kind: Domain (`id`, `ip`, `net`), so that an address never equals a user.
    """
    if kind == "id" and _MAIL.fullmatch(value):
        value = value.strip(_BLANKS).lower()
    message = f"{kind}:{value}".encode()
    return hmac.digest(key, message, "sha256").hex()[:32]


def pseudonym_sql(expression: str) -> str:
    """`pseudonym` in DuckDB: HMAC is two hashes, each behind a pad of the key."""
    value = (
        f"case when regexp_full_match({expression}, '{_MAIL.pattern}') "
        f"then lower(trim({expression}, e' \\t\\r\\n')) else {expression} end"
    )
    inner = f"sha256($inner_pad::blob || encode('id:' || {value}))"
    return f"left(sha256($outer_pad::blob || unhex({inner})), 32)"


def hmac_pads(key: bytes) -> dict[str, bytes]:
    """The parameters of `pseudonym_sql` (RFC 2104: a long key is hashed first)."""
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    return {
        "outer_pad": bytes(byte ^ 0x5C for byte in block),
        "inner_pad": bytes(byte ^ 0x36 for byte in block),
    }


def address_of(text: str) -> Address | None:
    """The client's address in a text, or None where there is none.

    A port, brackets and an X-Forwarded-For list (its first entry) are understood.
    """
    first = text.partition(",")[0].strip()
    if first.startswith("["):
        first = first[1:].partition("]")[0]
    elif first.count(":") == 1:
        first = first.partition(":")[0]
    try:
        address = ipaddress.ip_address(first)
    except ValueError:
        return None
    mapped = None if address.version == 4 else address.ipv4_mapped
    return mapped or address


def describe_address(key: bytes, address: Address) -> tuple[str, str, str]:
    """(address pseudonym, /24 or /48 pseudonym, `ipv4` or `ipv6`) of a client."""
    prefix = 24 if address.version == 4 else 48
    network = ipaddress.ip_network((address, prefix), strict=False)
    return (
        pseudonym(key, str(address), "ip"),
        pseudonym(key, str(network), "net"),
        f"ipv{address.version}",
    )
