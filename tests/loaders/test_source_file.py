"""Counting and hashing without a parser, in chunks of any size."""

import hashlib
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loaders.decoding import BLANK, Content

_TEXT = st.lists(st.sampled_from([b"\n", b"\r\n", b" ", b"\t", b"x", b"{}", b"\x0c"]))


@given(
    pieces=_TEXT, cuts=st.lists(st.integers(0, 60)), wanted=st.sets(st.integers(1, 60))
)
def test_lines_and_prefixes_do_not_depend_on_chunks(pieces, cuts, wanted):
    text = b"".join(pieces)
    content = Content(sorted(wanted))
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for start, end in pairwise(edges):
        content.feed(text[start:end])
    assert content.line_count == sum(
        1 for line in text.split(b"\n") if line.strip(BLANK)
    )
    assert content.sha256.hexdigest() == hashlib.sha256(text).hexdigest()
    assert content.length == len(text)
    assert content.prefixes == {
        length: hashlib.sha256(text[:length]).hexdigest()
        for length in wanted
        if length <= len(text)
    }
