"""What happens to files on their way: each damage, and which lines it leaves whole."""

import copy
import gzip
import json
import random
from collections.abc import Callable, Set
from typing import Any

Lines = list[bytes]
# A damaged file, and the numbers of the lines that it holds untouched; None where the
# file as a whole may be refused.
Damaged = tuple[bytes, Set[int] | None]

_HOSTILE_KEYS = ["'; drop table t; --", "__proto__", "$.a[0]", "a" * 70_000, "", "/~1~"]
_WRONG = [
    [],
    {},
    [[1]],
    {"a": {"b": []}},
    True,
    -1,
    1.5,
    "x" * 5000,
    "\x00",
    "NaN",
    "-",
]
_HUGE = [10**40, -(10**40), 2**63, 2**64, 10**15 + 1]


def _join(lines: Lines, ending: bytes = b"\n") -> bytes:
    return b"".join(line + ending for line in lines)


def truncated(draw: random.Random, lines: Lines) -> Damaged:
    text = _join(lines)
    cut = draw.randrange(1, len(text))
    return text[:cut], set(range(text[:cut].count(b"\n")))


def bits_flipped(draw: random.Random, lines: Lines) -> Damaged:
    hit = set(draw.sample(range(len(lines)), 3))
    changed = list(lines)
    for number in hit:
        line = bytearray(lines[number])
        for _ in range(draw.randrange(1, 8)):
            line[draw.randrange(len(line))] ^= 1 << draw.randrange(8)
        changed[number] = bytes(line)
    return _join(changed), set(range(len(lines))) - hit


def one_line(change: Callable[[random.Random, bytes], bytes]) -> Any:
    """A damage that only some lines suffer."""

    def damaged(draw: random.Random, lines: Lines) -> Damaged:
        hit = set(draw.sample(range(len(lines)), 4))
        changed = [
            change(draw, line) if number in hit else line
            for number, line in enumerate(lines)
        ]
        return _join(changed), set(range(len(lines))) - hit

    return damaged


def _with(line: bytes, change: Callable[[Any], None]) -> bytes:
    try:
        made = json.loads(line)
    except ValueError:  # a line of text
        return line + b' "' + repr(change.__name__).encode()
    change(made)
    return json.dumps(made).encode()


def _place(draw: random.Random, made: Any) -> tuple[Any, Any]:
    """A container somewhere inside, and one of its keys."""
    while True:
        keys = list(made) if isinstance(made, dict) else list(range(len(made)))
        key = draw.choice(keys)
        inner = made[key]
        if not (isinstance(inner, dict | list) and inner and draw.random() < 0.8):
            return made, key
        made = inner


def _value(values: list[Any]) -> Callable[[random.Random, bytes], bytes]:
    def changed(draw: random.Random, line: bytes) -> bytes:
        def change(made: Any) -> None:
            for _ in range(3):
                container, key = _place(draw, made)
                container[key] = copy.deepcopy(draw.choice(values))

        return _with(line, change)

    return changed


def _deep(draw: random.Random, line: bytes) -> bytes:
    depth = draw.choice([50, 1500, 20_000])
    nested = draw.choice(
        [b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth]
    )
    return line[:-1] + b', "deep": ' + nested + b"}"


def _hostile(draw: random.Random, line: bytes) -> bytes:
    def change(made: Any) -> None:
        container, key = _place(draw, made)
        if isinstance(container, dict):
            container[draw.choice(_HOSTILE_KEYS)] = container.pop(key)

    return _with(line, change)


def _latin(draw: random.Random, line: bytes) -> bytes:
    cut = draw.randrange(len(line))
    return line[:cut] + b"\xe9\xff" + line[cut:]


def _nul(draw: random.Random, line: bytes) -> bytes:
    cut = draw.randrange(len(line))
    return line[:cut] + b"\x00" + line[cut:]


def _long(draw: random.Random, line: bytes) -> bytes:
    cut = draw.randrange(len(line))
    return (
        line[:cut] + draw.choice([b"a", b"9", b'"', b"\\", b"["]) * 300_000 + line[cut:]
    )


def keys_reordered(draw: random.Random, lines: Lines) -> Damaged:
    changed = []
    for line in lines:
        try:
            pairs = list(json.loads(line).items())
        except ValueError:
            changed.append(line)
            continue
        draw.shuffle(pairs)
        changed.append(json.dumps(dict(pairs)).encode())
    return _join(changed), set(range(len(lines)))


def shuffled(draw: random.Random, lines: Lines) -> Damaged:
    changed = draw.sample(lines, len(lines))
    return _join(changed), set(range(len(lines)))


def doubled(draw: random.Random, lines: Lines) -> Damaged:
    return _join(lines + draw.sample(lines, 5)), set(range(len(lines)))


def crlf(draw: random.Random, lines: Lines) -> Damaged:
    return _join(lines, b"\r\n"), set(range(len(lines)))


def blank_lines(draw: random.Random, lines: Lines) -> Damaged:
    blanks = [b"", b"  ", b"\t", b"\r"]
    spaced = [part for line in lines for part in (line, draw.choice(blanks))]
    return _join(spaced), set(range(len(lines)))


def marked(draw: random.Random, lines: Lines) -> Damaged:
    text = _join(lines)
    encoded = draw.choice(
        [
            b"\xef\xbb\xbf" + text,
            text.decode().encode("utf-16"),
            b"\xfe\xff" + text.decode().encode("utf-16-be"),
        ]
    )
    return encoded, set(range(len(lines)))


def packed(draw: random.Random, lines: Lines) -> Damaged:
    whole = gzip.compress(_join(lines))
    if draw.random() < 0.5:
        return whole, set(range(len(lines)))
    return whole[: draw.randrange(20, len(whole))], None


def unmarked(draw: random.Random, lines: Lines) -> Damaged:
    return _join(lines).decode().encode("utf-16-le"), None


def as_array(draw: random.Random, lines: Lines) -> Damaged:
    return b"[" + b",\n".join(lines) + draw.choice([b"]", b"", b",]", b"]]"]), None


def noise(draw: random.Random, lines: Lines) -> Damaged:
    return draw.randbytes(draw.randrange(1, 5000)), None


def spliced(draw: random.Random, lines: Lines) -> Damaged:
    text = _join(lines)
    first, second = sorted(draw.sample(range(len(text)), 2))
    return text[:first] + text[second:] + text[first:second], None


DAMAGES: dict[str, Callable[[random.Random, Lines], Damaged]] = {
    "truncated": truncated,
    "bits_flipped": bits_flipped,
    "wrong_types": one_line(_value(_WRONG)),
    "huge_numbers": one_line(_value(_HUGE)),
    "nulls": one_line(_value([None])),
    "deep_nesting": one_line(_deep),
    "hostile_keys": one_line(_hostile),
    "wrong_encoding": one_line(_latin),
    "nul_bytes": one_line(_nul),
    "long_lines": one_line(_long),
    "keys_reordered": keys_reordered,
    "shuffled": shuffled,
    "doubled": doubled,
    "crlf": crlf,
    "blank_lines": blank_lines,
    "marked": marked,
    "packed": packed,
    "unmarked": unmarked,
    "as_array": as_array,
    "noise": noise,
    "spliced": spliced,
}
