"""The records of a package for DuckDB: its lines as Arrow, a portion at a time.

A portion is what is projected, checked and written at once, so that memory does not
grow with the file. Lines are found here and not by a JSON reader: a record's place in
the text is known, and a broken one takes no other along.
"""

import io
from collections.abc import Iterator
from typing import BinaryIO

import duckdb
import numpy as np
import pyarrow as pa

from loaders.decoding import BLANK
from loaders.errors import FileNotLanded
from loaders.lines import SCHEMA, Numbers, Places, lines_of
from loaders.load import Package
from loaders.source_file import SourceFile
from loaders.sql import quoted

# A batch is projected a vector of 2,048 rows at a time, and costs the same with fewer.
_ROWS = 2048
_SMALLEST_CHUNK, _LARGEST_CHUNK = 4 << 20, 12 << 20
# No gateway writes a larger record; a longer line fails the file by name.
_MAX_RECORD_BYTES = 256 << 20
_LARGEST_IN_ARRAY = 16 << 20

_Batch = tuple[pa.RecordBatch, Places | None]


class Records:
    """The records of a package, read once from first to last.

    Attributes:
        read: Lines handed out so far.
        held: Records that were found in them.
        error: Why reading failed, where it did; DuckDB's own error says less.
    """

    def __init__(
        self, package: Package, is_json: bool, most: int, most_bytes: int
    ) -> None:
        """Begin at the first record, and set where each load's records begin.

        Args:
            package: One large file, or small ones.
            is_json: Whether a line that is no UTF-8 is no record; else it is repaired.
            most: Records in a portion, more or less.
            most_bytes: The same in bytes of text.
        """
        self.read = self.held = self._first = 0
        self.error: FileNotLanded | None = None
        self._package, self._is_json = package, is_json
        self._most, self._most_bytes = most, most_bytes
        self._places: list[Places] = []
        self._begins: list[tuple[int, int]] = []
        self._text: BinaryIO = io.BytesIO()
        source = package.loads[0].source
        self._batches: Iterator[_Batch]
        if source.layout == "values" and not source.is_small:
            self._batches = self._values(source)
        else:
            self._text = self._joined()
            self._batches = self._lines()
        self._ahead: _Batch | None = next(self._batches, None)

    @property
    def is_over(self) -> bool:
        """Whether every record was handed out."""
        return self._ahead is None

    def portion(self) -> pa.RecordBatchReader:
        """The next records, for one query."""
        self._first, self._places = self.read, []
        return pa.RecordBatchReader.from_batches(SCHEMA, self._next_batches())

    def _next_batches(self) -> Iterator[pa.RecordBatch]:
        size = 0
        while self._ahead is not None:
            batch, places = self._ahead
            size += batch.nbytes
            self.read += batch.num_rows
            if places is not None:
                self._places.append(places)
            yield batch
            try:
                self._ahead = next(self._batches, None)
            except FileNotLanded as error:
                self.error = error
                raise
            if self.read - self._first >= self._most or size >= self._most_bytes:
                return

    def _joined(self) -> BinaryIO:
        """The text of the package; small files as one."""
        sources = [load.source for load in self._package.loads]
        for source in sources:
            if source.layout != "lines":
                source.take_apart()
        first = 0
        for load in self._package.loads:
            load.first = first
            first += load.source.line_count
        if not sources[0].is_small:
            self._begins = [(0, 0)]
            return sources[0].text
        joined = io.BytesIO()
        lines = 0
        for source in sources:
            self._begins.append((lines, joined.tell()))
            text = source.text.read()
            joined.write(text if text.endswith(b"\n") else text + b"\n")
            lines += text.count(b"\n") + (not text.endswith(b"\n"))
        return joined

    def _lines(self) -> Iterator[_Batch]:
        sources = [load.source for load in self._package.loads]
        size = sum(source.content_bytes for source in sources)
        usual = size // max(1, sum(source.line_count for source in sources))
        usual_chunk = min(max(_ROWS * usual, _SMALLEST_CHUNK), _LARGEST_CHUNK)
        begin, line_no, line, most = 0, 0, 0, usual_chunk
        while text := self._bytes(begin, most):
            whole = text.rfind(b"\n") + 1
            if not whole and len(text) == most:
                most = self._longer(most)
                continue
            if not whole:  # the last line, which nothing ends
                text, whole = text + b"\n", len(text) + 1
            batch, places = lines_of(text, whole, begin, line_no, line, self._is_json)
            if batch.num_rows:
                yield batch, places
            begin, line = begin + whole, line + batch.num_rows
            line_no += text.count(b"\n", 0, whole)
            most = usual_chunk

    def _longer(self, most: int) -> int:
        """Bytes to read where so many hold no line's end."""
        if most > _MAX_RECORD_BYTES:
            path, limit = self._package.loads[0].source.path, _MAX_RECORD_BYTES >> 20
            raise FileNotLanded(f"{path}: a line is longer than {limit} MiB")
        return 4 * most

    def _values(self, source: SourceFile) -> Iterator[_Batch]:
        """Of a large array, by DuckDB: where each one stands nobody knows.

        Raises:
            FileNotLanded: It is not sound.
        """
        line, is_array = 0, source.head.lstrip(BLANK).startswith(b"[")
        try:
            with duckdb.connect() as con:
                values = con.execute(
                    f"""
                    select cast(json as varchar) as record
                    from read_json_objects(
                        {quoted(f"/dev/fd/{source.text.fileno()}")},
                        format = '{"array" if is_array else "unstructured"}',
                        maximum_object_size = {_LARGEST_IN_ARRAY}
                    )
                    """
                ).to_arrow_reader(4096)
                for batch in values:
                    text = batch.column(0).cast(pa.large_string())
                    lines = pa.array(np.arange(line, line + len(text)))
                    line += len(text)
                    yield pa.record_batch([text, lines], schema=SCHEMA), None
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            # Its message quotes the input: name the class alone.
            name = type(error).__name__
            raise FileNotLanded(f"{source.path}: cannot be read ({name})") from None

    def places(self, lines: Numbers) -> Places | None:
        """Where records of the present portion stand, each in its own file.

        Args:
            lines: As in `SCHEMA`.

        Returns:
            None for a large array, of which nobody knows.
        """
        found = self._joined_places(lines)
        if found is None:
            return None
        firsts = [load.first for load in self._package.loads]
        owners = np.searchsorted(np.array(firsts), lines, side="right") - 1
        for owner in np.unique(owners):
            load, is_its = self._package.loads[owner], owners == owner
            first_line, begin = self._begins[owner]
            found.line_nos[is_its] += 1 - first_line
            found.starts[is_its] -= begin
            if load.source.value_places is not None:
                apart = np.array(load.source.value_places)[lines[is_its] - load.first]
                found.line_nos[is_its] = -1
                found.starts[is_its], found.lengths[is_its] = apart.T
        return found

    def texts(self, lines: Numbers) -> Iterator[bytes]:
        """What records of the present portion say, where their places are known."""
        found = self._joined_places(lines)
        if found is not None:
            for start, length in zip(found.starts, found.lengths, strict=True):
                yield self._bytes(int(start), int(length))

    def _joined_places(self, lines: Numbers) -> Places | None:
        """In the text of the package."""
        if not self._places:
            return None
        joined = map(np.concatenate, zip(*self._places, strict=True))
        return Places(*(numbers[lines - self._first] for numbers in joined))

    def _bytes(self, start: int, length: int) -> bytes:
        self._text.seek(start)
        return self._text.read(length)
