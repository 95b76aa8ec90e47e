"""Which files bring a world's records, night by night or all at once."""

import random
from collections import defaultdict
from collections.abc import Iterable

from tests.nightly.world_calls import Call
from tests.nightly.world_directory import IDS
from tests.nightly.world_files import PACKINGS, Delivered, Inbox
from tests.nightly.worlds import NIGHTS, World


def split(rng: random.Random, calls: Iterable[Call]) -> list[list[Call]]:
    """Parts of one format and folder each, in any order, cut anywhere or by day."""
    kinds = defaultdict(list)
    for call in calls:
        kinds[call.format, call.folder].append(call)
    parts: list[list[Call]] = []
    for some in kinds.values():
        rng.shuffle(some)
        by_day = defaultdict(list)
        for call in some:
            by_day[call.day].append(call)
        for group in by_day.values() if rng.random() < 0.6 else [some]:
            cut = rng.choice([0, 0, rng.randint(0, len(group))])
            parts += filter(None, [group[:cut], group[cut:]])
    return parts


def new_file(inbox: Inbox, world: World, calls: list[Call]) -> Delivered:
    rng, folder = world.rng, calls[0].folder
    # What is read anew under another rule must still be there, whole.
    is_array = folder != "naive" and rng.random() < 0.25
    file = Delivered(
        format=calls[0].format,
        folder=folder,
        name=inbox.new_name(world.name, calls[0].format),
        layout="array" if is_array else "lines",
        packing=rng.choice(PACKINGS),
        line_end=rng.choice([b"\n", b"\n", b"\r\n"]),
    )
    file.add(rng, calls)
    return file


class Nights:
    """A world's files by night, and which records they have brought by now."""

    def __init__(self, world: World, inbox: Inbox) -> None:
        self.world, self.inbox = world, inbox
        self.files: list[Delivered] = []
        self.brought: set[Call] = set()
        self._halves: list[Delivered] = []
        self._free_names: list[str] = []

    def bring(self, night: int) -> None:
        rng, world = self.world.rng, self.world
        coming = [call for call in world.calls if call.night == night]
        cut = {file.tail[1] for file in self.files if file.tail}
        for file in self.files:
            if file.tail and file.tail[1].night == night:
                self.grow(file, [])
        for part in split(rng, (call for call in coming if call not in cut)):
            older = [file for file in self.files if self._may_take(file, part, night)]
            if older and rng.random() < 0.6:
                self.grow(rng.choice(older), part)
            else:
                self.start(part, night)
        for file in self.files:
            self.repeat(file, night)
        self.own(night)

    def _may_take(self, file: Delivered, part: list[Call], night: int) -> bool:
        return (
            file.tail is None
            and file not in self._halves
            and (file.format, file.folder) == (part[0].format, part[0].folder)
            and self.world.calendar.allows(night, file.days)
        )

    def start(self, part: list[Call], night: int) -> None:
        rng = self.world.rng
        file = new_file(self.inbox, self.world, part)
        if self._free_names and file.folder != "naive":
            file.name = self._free_names.pop()  # the log's own name begins anew
        self.files.append(file)
        if rng.random() < 0.05 and all(call.repeat == 1 for call in part):
            # Its rest comes whenever one may repeat it.
            self._halves.append(file)
            if not file.broken and file.layout == "lines":
                self.brought |= set(self.inbox.put_half(file))
                return
            self._halves.pop()
        if file.layout == "lines" and rng.random() < 0.3:
            self._cut(file, night)
        self.inbox.put(file)
        self.brought |= set(part)

    def _cut(self, file: Delivered, night: int) -> None:
        taken = {other.tail[1] for other in self.files if other.tail}
        later = [
            call
            for call in self.world.calls
            if call.night > night
            and (call.format, call.folder) == (file.format, file.folder)
            and call not in taken
            and call.repeat == 1
            and self.world.calendar.allows(call.night, file.days)
            and file.may_break
        ]
        if later:
            file.cut(self.world.rng, self.world.rng.choice(later))

    def grow(self, file: Delivered, part: list[Call]) -> None:
        """More of the same; the old name may go to another file, or to none."""
        rng, old = self.world.rng, file.name
        self.brought |= {file.tail[1]} if file.tail else set()
        file.add(rng, part)
        self.brought |= set(part)
        if rng.random() < 0.3:
            file.name = self.inbox.new_name(self.world.name, "rotated")
            file.packing = rng.choice(PACKINGS)
            if rng.random() < 0.5:
                (self.inbox.folder / file.folder / old).unlink()
                self._free_names.append(old)
        self.inbox.put(file)

    def repeat(self, file: Delivered, night: int) -> None:
        """The same again: under its name, under another, packed, as an array."""
        rng = self.world.rng
        is_allowed = self.world.calendar.allows(night, file.days)
        if file in self._halves:
            if is_allowed and night > 1:
                self._halves.remove(file)
                self.inbox.put(file)
                self.brought |= set(file.calls)
            return
        if rng.random() > 0.15 or not (path := self._path(file)).exists():
            return
        name = self.inbox.new_name(self.world.name, "copy")
        copies = rng.choice(["touched", "copied", "packed", "array"])
        if copies == "touched":
            path.touch()
        elif copies == "copied":
            (path.parent / name).write_bytes(path.read_bytes())
        elif is_allowed and copies == "packed":
            self.inbox.put(file, name, rng.choice(PACKINGS))
        elif is_allowed and not file.broken and not file.tail:
            lines = [call.line for call in file.calls for _ in range(call.repeat)]
            text = b"[" + b", ".join(lines) + b"]"
            self.inbox.write(file.folder, name, text, (len(lines), 0))

    def _path(self, file: Delivered):
        return self.inbox.folder / file.folder / file.name

    def own(self, night: int) -> None:
        """What is new in the directory, or all of it again."""
        for table in IDS:
            if self.world.directory.of(table, night, night):
                first = self.world.rng.choice([1, night])
                rows = self.world.directory.of(table, first, night)
                self.inbox.put_table(self.world.name, table, rows)


def at_once(world: World, inbox: Inbox) -> None:
    """The same records in other files: another order, other parts, more copies."""
    rng = world.rng
    parts = split(rng, dict.fromkeys(world.calls))
    for _ in range(2):
        again = [c for c in world.calls if c.repeat == 1 and rng.random() < 0.2]
        parts += split(rng, again)
    rng.shuffle(parts)
    for part in parts:
        file = new_file(inbox, world, part)
        inbox.put(file)
        if rng.random() < 0.1:
            inbox.put(file, inbox.new_name(world.name, "copy"), rng.choice(PACKINGS))
    for table in IDS:
        rows = world.directory.of(table, 1, NIGHTS[-1])
        rng.shuffle(rows)
        cut = rng.randint(0, len(rows))
        for some in filter(None, [rows[:cut], rows[cut:]]):
            inbox.put_table(world.name, table, some)
