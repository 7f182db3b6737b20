"""The end of the WAL: its last complete record and last commit, read with ``pg_waldump``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from actions.machine.machine import last_words
from actions.machine.script_folder import in_scratch
from actions.outcome import ActionFailed, Cure
from actions.systems.postgres.pgbackrest.command import command, read_repository
from actions.systems.postgres.server import Server
from actions.systems.postgres.wal import Segment, format_lsn, parse_lsn, segment_size
from actions.transport import Completed

_AWK = "/ lsn: /{last=$0} / desc: COMMIT/{commit=$0; if (!first) first=$0} END{print last; print commit; print first}"
_FETCH = in_scratch(
    "segment=$1 dump=$2 awk=$3 && shift 3 && "
    '"$@" archive-get "$segment" "$d/$segment" >&2 && "$dump" --path="$d" "$segment" 2>/dev/null | awk "$awk"'
)
_FETCH_RAW = in_scratch(r"""
segment=$1 dump=$2 awk=$3 path=$4 && shift 4
case $path in
    *.zst) unpack="zstd -dcq";; *.gz) unpack="gzip -dc";; *.lz4) unpack="lz4 -dcq";; *.bz2) unpack="bzip2 -dc";;
    *) unpack=cat;;
esac
"$@" repo-get "$path" >"$d/packed" && $unpack <"$d/packed" >"$d/$segment" || exit
"$dump" --path="$d" "$segment" 2>/dev/null | awk "$awk"
""")
"""``archive-get`` wants the control file of the data directory, which may be what was lost; ``repo-get`` unpacks
nothing."""
_SAVED = in_scratch(
    'while read -r name path; do ln -s "$path" "$d/$name" || exit; done '
    '&& "$1" --path="$d" --timeline="$2" --start="$3" --end="$5" 2>/dev/null | awk "$4"'
)
"""Reads segments that lie in several folders, and begin on several timelines, as one log: by links to them.

Without an end ``pg_waldump`` looks for the segment behind the last one for five seconds.
"""
_LSN = re.compile(r" lsn: ([0-9A-F]+/[0-9A-F]+)")
_LENGTH = re.compile(r"len \(rec/tot\): +\d+/ *(\d+)")
_PAGE, _PAGE_HEADER = 8192, 40
_COMMIT = re.compile(r" desc: COMMIT(?:_PREPARED)? (?:.*?)(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.?\d*) UTC")
_DUMP_S = 900


class Tail(msgspec.Struct, frozen=True):
    """The last complete record, and the last commit; None where there is none.

    ``lsn`` is where the record starts, in bytes; every position up to ``reach`` asks for nothing beyond it.
    ``first_committed_at`` is the first commit of what was read.
    """

    lsn: int | None
    reach: int
    committed_at: datetime | None
    first_committed_at: datetime | None = None


def archived_tail(server: Server, segment: str, repositories: Sequence[int] = ()) -> Tail:
    """Return the end of an archived segment.

    Args:
        server: the server.
        segment: its name.
        repositories: where to take it from, one after the other, by their numbers; none: wherever there is log.

    Raises:
        ActionFailed: it cannot be fetched from the archive: it is damaged.
    """
    return _parse(_read(server, segment, _AWK, repositories), lambda start: segment_size(start, segment))


def archived_lines(server: Server, segment: str, awk: str) -> list[str]:
    """Return the lines of an archived segment's dump that an awk program prints; wherever there is log.

    Raises:
        ActionFailed: it cannot be fetched from the archive.
    """
    return _read(server, segment, awk).splitlines()


def _read(server: Server, segment: str, awk: str, repositories: Sequence[int] = ()) -> str:
    said = "no repository has an archive"
    for key in repositories or read_repository(server).archives:
        done = _fetched(server, segment, key, awk)
        if _LSN.search(done.out) or not done.err.strip():
            return done.out
        said = done.err.strip()
    cures = [Cure(words="Verify the repositories: that tells which segments are damaged.", action="backups.verify")]
    raise ActionFailed(f"Log segment {segment} cannot be read from the archive: {said}", cures=cures)


def _fetched(server: Server, segment: str, key: int, awk: str) -> Completed:
    argv = ["sh", "-c", _FETCH, "sh", segment, server.program("pg_waldump"), awk]
    argv += command(server, "--log-level-console=error", repository=key)
    done = server.query(argv, timeout_s=_DUMP_S, env={"TZ": "UTC"})
    if _LSN.search(done.out) or "pg_control" not in done.err:
        return done
    archives = read_repository(server).archives
    return _as_file(server, segment, key, archives[key], awk) if key in archives else done


def _as_file(server: Server, segment: str, key: int, archive_id: str, awk: str) -> Completed:
    """Read a segment as a file of a repository: no data directory is needed for that."""
    folder = f"archive/{server.settings.backups.stanza}/{archive_id}/{segment[:16]}"
    ask = command(server, "--log-level-console=error", repository=key)
    listing = server.query([*ask, "repo-ls", folder], timeout_s=_DUMP_S)
    name = next((name for name in listing.out.split() if name.startswith(f"{segment}-")), "")
    if not name:
        return listing if listing.err.strip() else msgspec.structs.replace(listing, err=f"it is not in {folder}")
    argv = ["sh", "-c", _FETCH_RAW, "sh", segment, server.program("pg_waldump"), awk, f"{folder}/{name}"]
    return server.query([*argv, *ask], timeout_s=_DUMP_S, env={"TZ": "UTC"})


def saved_tail(server: Server, files: Mapping[int, str], size: int, end: int = 0) -> Tail:
    """Return the end of the log in ``files``, which are segments of ``size`` by their numbers, each after the other.

    Nothing from the position ``end`` on counts; 0: all does.
    """
    named = "".join(f"{Segment(1, number).name(size)} {path}\n" for number, path in files.items())
    start, behind = min(files) * size, (max(files) + 1) * size
    argv = ["sh", "-c", _SAVED, "sh", server.program("pg_waldump"), "1", format_lsn(start), _AWK]
    argv += [format_lsn(min(end or behind, behind))]
    done = server.query(argv, timeout_s=_DUMP_S, env={"TZ": "UTC"}, stdin=named.encode())
    if done.code != 0:
        raise ActionFailed(f"The log that survived cannot be read: {last_words(done)}", "Mend what it says.")
    return _parse(done.out, lambda _: size)


def _parse(out: str, size: Callable[[int], int]) -> Tail:
    last, commit, first, *_ = [*out.split("\n"), "", "", ""]
    lsn, length = _LSN.search(last), _LENGTH.search(last)
    if not lsn or not length:
        return Tail(None, 0, None)
    start = parse_lsn(lsn[1])
    reach = _reach(start, int(length[1]), size(start) if "desc: SWITCH" in last else 0)
    return Tail(start, reach, committed_at(commit), committed_at(first))


def committed_at(line: str) -> datetime | None:
    """Return the instant of a commit's line of ``pg_waldump``, which was run with TZ=UTC; None where it is none."""
    found = _COMMIT.search(line)
    return datetime.fromisoformat(found[1]).replace(tzinfo=UTC) if found else None


def _reach(start: int, length: int, left: int) -> int:
    """The highest position the server can have called its own after this record; a switch has ``left`` a segment."""
    if left:
        return (start // left + 1) * left + _PAGE_HEADER
    return start + length + 8 + (length // _PAGE + 1) * _PAGE_HEADER
