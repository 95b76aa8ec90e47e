"""Privacy at the door: pseudonyms for people, masks for credentials and e-mail.

A pseudonym is HMAC-SHA-256 under a key that never leaves the home, so equal inputs give
equal pseudonyms in every stream and joins hold. Lose the key and old and new pseudonyms
no longer meet.
"""

import hashlib
import hmac
import ipaddress
import os
import secrets
from pathlib import Path

from loaders.errors import SettingsError

KEY_VARIABLE = "TOLLBOOK_PSEUDONYM_KEY"
_KEY_FILE = "pseudonym.key"
_SHORTEST_KEY = 16

# RE2 shapes of secrets that people paste into user fields, tags and headers.
CREDENTIAL = "|".join(
    (
        r"\b(sk|pk|rk)-[A-Za-z0-9_-]{16,}",  # OpenAI, Anthropic, LiteLLM, Stripe
        r"\b(sk|pk|rk)_(live|test)_[A-Za-z0-9]{16,}",
        r"\b(AKIA|ASIA)[0-9A-Z]{16}\b",  # AWS
        r"\bAIza[0-9A-Za-z_-]{35}",  # Google
        r"\bya29\.[0-9A-Za-z_-]{20,}",
        r"\bgh[pousr]_[A-Za-z0-9]{30,}",
        r"\bgithub_pat_[A-Za-z0-9_]{30,}",
        r"\bglpat-[A-Za-z0-9_-]{16,}",
        r"\bxox[abprs]-[A-Za-z0-9-]{10,}",  # Slack
        r"\bhf_[A-Za-z0-9]{30,}",
        r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}",  # JWT
        r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/-]{16,}=*",
        r"-----BEGIN [A-Z ]*PRIVATE KEY",
    )
)
EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
MASKED_CREDENTIAL = "[masked:credential]"
MASKED_EMAIL = "[masked:email]"


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
        return _checked(given.encode(), KEY_VARIABLE)
    path = home / "secrets" / _KEY_FILE
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
    message = f"{kind}:{value}".encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:32]


def describe_ip(key: bytes, text: str) -> tuple[str | None, str | None, str | None]:
    """(address pseudonym, /24 or /48 pseudonym, `ipv4` or `ipv6`) of one client IP.

    A port, brackets and an X-Forwarded-For list (its first entry) are understood; what
    is no address gives three nulls.
    """
    first = text.split(",")[0].strip()
    if first.startswith("["):
        first = first[1:].split("]")[0]
    elif first.count(":") == 1:
        first = first.split(":")[0]
    try:
        address = ipaddress.ip_address(first)
    except ValueError:
        return None, None, None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    prefix = 24 if address.version == 4 else 48
    network = ipaddress.ip_network((address, prefix), strict=False)
    return (
        pseudonym(key, str(address), "ip"),
        pseudonym(key, str(network), "net"),
        f"ipv{address.version}",
    )
