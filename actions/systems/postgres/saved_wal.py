"""WAL segments in preserved copies, checked against what their file names say.

A recycled file has the name of a segment to come and old content; one may be zeroed, cut short, or another cluster's.
The header of a segment's first page tells what the file is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.postgres.pgbackrest.archive import Archive, read_path
from actions.systems.postgres.pgbackrest.command import Repository
from actions.systems.postgres.restore_record import name_in, record_folder
from actions.systems.postgres.server import Server
from actions.systems.postgres.wal import (
    SEGMENT_BYTES,
    SEGMENT_NAME,
    Fork,
    Path,
    format_lsn,
    parse_history,
    parse_segment,
)
from journal.wording.counting import count

_LOOK_S = 300
_GONE = 64
_HEADER_BYTES = 40
_MAGIC = (0xD0, 0xD1)
_LONG_HEADER = 0x0002
_RECYCLED = "recycled"
_LIST = r"""
[ -d "$1" ] || exit 64
cd "$1" || exit 65
segments() {
    find -L . -maxdepth 1 -type f -regextype posix-extended -regex '\./[0-9A-F]{24}' "$@" -printf '%f %s\n' | sort
}
echo files
segments -size +39c -readable
echo headers
segments -size +39c -readable | cut -d ' ' -f 1 | xargs -r head -q -c 40 -- | od -An -v -tx1 -w40
echo others
segments \( -size -40c -o ! -readable \)
echo complete
find archive_status -name '*.ready' -printf '%f\n' 2>/dev/null
for history in *.history; do
    [ ! -f "$history" ] || { echo "history $history"; cat "$history"; echo; }
done
"""
"""Lists the files of a copy with the first bytes of each, in one program."""


class _Header(msgspec.Struct, frozen=True):
    timeline: int
    position: int
    cluster: str
    size: int


class History(msgspec.Struct, frozen=True):
    """Where the history of a timeline survived, and what it says: the timelines that were left, the oldest first."""

    path: str
    forks: list[Fork]


class SavedWal(msgspec.Struct):
    """The log in all copies together.

    Attributes:
        files: where each segment is, in the first copy that has it sound.
        complete: segments that were complete when their copy was made: they waited to be archived.
        histories: the histories of timelines; the first copy's counts.
        unsound: what is wrong with each file that is not what its name says, where no copy has it sound.
        rivals: what else is called like a timeline that is known, and is another one: left out.
        size: how many bytes a segment has.
    """

    files: dict[str, str] = {}
    complete: set[str] = set()
    histories: dict[int, History] = {}
    unsound: dict[str, str] = {}
    rivals: list[str] = []
    size: int = SEGMENT_BYTES

    @property
    def timelines(self) -> set[int]:
        """The timelines of which there is log here."""
        return {int(name[:8], 16) for name in self.files}


def read_saved_wal(server: Server, folders: Iterable[str], repository: Repository, archive: Archive) -> SavedWal:
    """Look through the log in ``folders``, the one that wins first; where the archive has a history, that one counts.

    Raises:
        ActionFailed: a place is there and cannot be read.
    """
    found = SavedWal()
    known = dict[int, list[Fork]]()
    for listing in [_Listing(server, place) for place in folders]:
        for timeline in listing.histories.keys() & archive.histories - known.keys():
            known[timeline] = read_path(server, repository, timeline).forks
        _add(found, listing, repository.system_identifier, known)
    _say_what_is_no_log(server, found.unsound)
    return found


def _say_what_is_no_log(server: Server, unsound: dict[str, str]) -> None:
    """Log what is no log, a line each; recycled files in one: every server has some, for what it will write."""
    recycled = sorted(name for name, why in unsound.items() if why.startswith(_RECYCLED))
    for name in sorted(unsound.keys() - set(recycled)):
        server.ctx.log(f"Not log, though it is called {name}: {unsound[name]}")
    if recycled:
        server.ctx.log(f"Not log yet: {count(len(recycled), 'recycled file')} from {recycled[0]} on.")


def find_path(server: Server, repository: Repository, archive: Archive, saved: SavedWal, timeline: int) -> Path:
    """Return the way through the timelines to ``timeline``, from its history: the archive's, else one that survived.

    Raises:
        ActionFailed: there is none.
    """
    if timeline in saved.histories and timeline not in archive.histories:
        return Path(timeline, saved.histories[timeline].forks)
    return read_path(server, repository, timeline)


def offered(server: Server) -> str:
    """Return the path of the list of what copies have: it is looked up by the recovering server's restore_command."""
    return f"{name_in(server, record_folder(server))}.cleo-wal"


def offer(server: Server, saved: SavedWal) -> None:
    """Write down where the recovering server finds what survived. Call it only where ``effect`` said True.

    Every history is offered, also those that do not lead to the target: a new timeline's number is looked for by them.
    """
    histories = {f"{timeline:08X}.history": history.path for timeline, history in saved.histories.items()}
    listed = {**saved.files, **histories}
    if listed or server.exists(offered(server)):
        server.write(offered(server), "".join(f"{name} {path}\n" for name, path in sorted(listed.items())))


def _add(found: SavedWal, listing: _Listing, cluster: str, known: dict[int, list[Fork]]) -> None:
    rivals = {
        timeline
        for timeline, history in listing.histories.items()
        if known.get(timeline, history.forks) != history.forks
    }
    found.rivals += [f"timeline {timeline} in {listing.place}" for timeline in sorted(rivals)]
    for name, size, header in listing.files:
        path = f"{listing.place}/{name}"
        if name in found.files or int(name[:8], 16) in rivals:
            continue
        if why := _unsound(name, size, header, cluster):
            found.unsound[name] = f"{why} ({path})"
            continue
        found.files[name], found.size = path, size
        found.unsound.pop(name, None)
    found.complete.update(name for name in listing.complete if int(name[:8], 16) not in rivals)
    for timeline in listing.histories.keys() - rivals:
        found.histories.setdefault(timeline, listing.histories[timeline])
        known.setdefault(timeline, listing.histories[timeline].forks)


def _unsound(name: str, size: int, first: bytes, cluster: str) -> str:
    """Say why a file is not the segment that it is called; an empty string where it is."""
    if not first.strip(b"\0"):
        return "it is zeroed, empty or cannot be read"
    header = _parse_header(first)
    if header is None:
        return "it does not begin like log"
    if header.cluster != cluster:
        return f"it is of another cluster, {header.cluster}"
    if size != header.size:
        return f"it is cut short, {size} of {header.size} bytes"
    segment = parse_segment(name, header.size)
    if header.position != segment.number * header.size:
        return f"{_RECYCLED}: it holds the log of {format_lsn(header.position)}"
    if not 0 < header.timeline <= segment.timeline:  # a fork's segment begins with what the older timeline wrote
        return f"it is of timeline {header.timeline}"
    return ""


def _parse_header(first: bytes) -> _Header | None:
    """Return what a segment's first page says of it, in the order of bytes of the host that wrote it."""
    order: Literal["little", "big"] = "little" if first[1] in _MAGIC else "big"
    if first[1 if order == "little" else 0] not in _MAGIC:
        return None

    def number(start: int, length: int) -> int:
        return int.from_bytes(first[start : start + length], order)

    if not number(2, 2) & _LONG_HEADER:
        return None
    return _Header(timeline=number(4, 4), position=number(8, 8), cluster=str(number(24, 8)), size=number(32, 4))


class _Listing:
    """What one copy holds."""

    def __init__(self, server: Server, place: str) -> None:
        self.place = place
        self.files: list[tuple[str, int, bytes]] = []
        self.complete: set[str] = set()
        self.histories: dict[int, History] = {}
        done = server.query(["sh", "-c", _LIST, "sh", place], timeout_s=_LOOK_S)
        if done.code == _GONE:
            server.ctx.log(f"The log that was kept in {place} is gone.", "err")
        elif done.code != 0:
            raise ActionFailed(
                f"The log that survived in {place} cannot be read: {last_words(done)}", "Check who may read it."
            )
        else:
            self._parse(done.out)

    def _parse(self, out: str) -> None:
        parts: dict[str, list[str]] = {"": []}
        current = parts[""]
        for line in out.splitlines():
            if line in ("files", "headers", "others", "complete") or line.startswith("history "):
                current = parts.setdefault(line, [])
            else:
                current.append(line)
        headers = [bytes.fromhex(line) for line in parts["headers"]]
        if len(headers) != len(parts["files"]):
            raise ActionFailed(
                f"The log that survived in {self.place} changes while it is read.",
                "Find what still writes there, and end it.",
            )
        for line, first in zip(parts["files"], headers, strict=True):
            name, _, size = line.partition(" ")
            self.files.append((name, int(size), first))
        self.files += [(line.split()[0], 0, bytes(_HEADER_BYTES)) for line in parts["others"]]
        self.complete = {
            name for line in parts["complete"] if SEGMENT_NAME.fullmatch(name := line.removesuffix(".ready"))
        }
        for title, lines in parts.items():
            if title.startswith("history "):
                name = title.removeprefix("history ")
                history = History(f"{self.place}/{name}", parse_history("\n".join(lines)))
                self.histories[int(name[:8], 16)] = history
