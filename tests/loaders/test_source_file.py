"""Counting and hashing without a parser, in chunks of any size."""

import hashlib
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loaders.decoding import BLANK, KEY_BYTES, Content

_PIECES = st.lists(
    st.sampled_from([b"\n", b"\r\n", b" ", b"\t", b"x" * 100, b"{}", b"\x0c"])
)
_LENGTHS = st.integers(KEY_BYTES, 3 * KEY_BYTES)


@given(pieces=_PIECES, cuts=st.lists(st.integers(0, 900)), wanted=st.sets(_LENGTHS))
def test_lines_and_prefixes_do_not_depend_on_chunks(pieces, cuts, wanted):
    text = b"".join(pieces)
    keys = []
    content = Content(lambda key: keys.append(key) or wanted)
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for start, end in pairwise(edges):
        content.feed(text[start:end])
    lines = text.split(b"\n")
    assert content.line_count == sum(1 for line in lines if line.strip(BLANK))
    assert content.sha256.hexdigest() == hashlib.sha256(text).hexdigest()
    assert content.length == len(text)
    is_long = len(text) >= KEY_BYTES
    first = hashlib.sha256(text[:KEY_BYTES]).hexdigest()
    assert keys == ([first] if is_long else [])
    assert content.prefixes == {
        length: hashlib.sha256(text[:length]).hexdigest()
        for length in wanted
        if length <= len(text)
    }
