"""The processes of a host that have a server's data directory open: which server answers, and whether any runs.

A server either works inside its data directory (PostgreSQL, Redis), or holds a file there open as its lock (MongoDB).
Both stay true of the directory itself when that is moved or deleted under it; pid files and command lines do not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from actions.outcome import ActionFailed
from actions.transport import Completed

Ask = Callable[[Sequence[str]], Completed]
"""Runs a short program on the server's host, as the server's account."""

_LOOK = r"""
export LC_ALL=C QUOTING_STYLE=literal
names=$2 lock=$3 port=$4
echo "data $(stat -L -c '%d:%i %u' "$1${lock:+/$lock}" 2>/dev/null)"
echo "real $(readlink -m "$1")"
if [ "$port" != 0 ]; then
    sed -nE "s/^ *[0-9]+: [0-9A-F]+:$(printf %04X "$port") [0-9A-F]+:[0-9A-F]+ 0A( +[^ ]+){5} +([0-9]+) .*/\2/p" \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r inode; do
        echo "socket $inode"
        find /proc/[0-9]*/fd -maxdepth 1 -lname "socket:\[$inode\]" -printf 'listens %p\n' 2>/dev/null
    done
fi
set -- $(grep -lE "^($names)" /proc/[0-9]*/comm 2>/dev/null)
[ $# -gt 0 ] || exit 0
status= held= open=
for comm; do
    at=${comm%/comm}
    status="$status $at/status" held="$held $at/cwd" open="$open $at/fd"
done
grep -HE '^(State|PPid|Uid|NSpid):' $status 2>/dev/null
if [ -n "$lock" ]; then
    found=$(find $open -maxdepth 1 \( -lname "*/$lock" -o -lname "*/$lock (deleted)" \) 2>&1)
    held=$(printf '%s\n' "$found" | grep '^/proc/')
    printf '%s\n' "$found" | grep 'Permission denied'
fi
if [ -n "$held" ]; then
    stat -L -c 'at %n %d:%i' $held 2>&1
    stat -c 'link %N' $held 2>/dev/null
fi
for comm; do
    [ ! -d "${comm%/comm}" ] || echo "${comm%/comm}"
done
exit 0
"""
"""One process a kind of question, however many sessions the server has; `comm` is read faster than `status`."""

_STATUS = re.compile(r"/proc/(\d+)/status:(State|PPid|Uid|NSpid):\s+(.*)")
_AT = re.compile(r"at /proc/(\d+)/(?:cwd|fd/\d+) (\S+)")
_LINK = re.compile(r"link /proc/(\d+)/(?:cwd|fd/\d+) -> (.*)")
_DENIED = re.compile(r"(?:stat|find): .*?/proc/(\d+)/(?:cwd|fd).*: Permission denied")
"""The kernel reports this also for a process that just ended: it counts as hidden only if it still exists."""
_THERE = re.compile(r"/proc/(\d+)")
_LISTENS = re.compile(r"listens /proc/(\d+)/fd/\d+")
_DELETED = " (deleted)"


class ServerKind(NamedTuple):
    """How a server's processes are known: their name (a regular expression), and the file that each holds open.

    ``lock`` is that file's name in the data directory; empty: each works inside the data directory.
    """

    names: str
    lock: str = ""


class Worker(NamedTuple):
    """One server process of the host.

    ``numbers`` are its process ids in its own and all outer containers; ``place`` is its data directory, as the kernel
    names it, ``at`` that directory's (or its lock file's) identity; empty where it has just ended, has none, or is
    ``hidden`` from us.
    """

    pid: int
    parent: int
    account: int
    numbers: tuple[int, ...]
    place: str
    at: str
    hidden: bool


class Table(NamedTuple):
    """What a look at a host's processes showed.

    ``here`` work in the data directory that lies at the path now; ``gone`` in one that lay there and was deleted;
    ``hidden`` may do so: they are of its owner, and we may not see where they work. ``listeners`` are the processes of
    any kind that listen on the port that was asked for; ``taken`` says that some do, also if we may not see which.
    """

    here: list[Worker]
    gone: list[Worker]
    hidden: list[Worker]
    elsewhere: list[Worker]
    listeners: tuple[int, ...] = ()
    taken: bool = False

    def server(self) -> Worker | None:
        """Return the process that started the others that work here (or in what was deleted here)."""
        for workers in (self.here, self.gone):
            pids = {worker.pid for worker in workers}
            if roots := [worker for worker in workers if worker.parent not in pids]:
                return roots[0]
        return None

    def answers(self, number: int, again: Callable[[], object]) -> bool:
        """Return whether the process that answered us as ``number`` is the server that is meant.

        Args:
            number: what it calls itself.
            again: asks the same session once more, and raises where that has ended: a server that ended between its
                answer and this look is no other server.
        """
        if any(number in worker.numbers for worker in self.here):
            return True
        if not self.here and any(number in worker.numbers for worker in self.gone):
            return (
                True  # its directory was deleted under it, and no other lies there: it is this server, on its last legs
            )
        if not self.called(number):
            again()
        return False

    def called(self, number: int) -> Worker | None:
        """Return the process that calls itself ``number``, wherever it works; those of this directory first."""
        known = [*self.here, *self.gone, *self.hidden, *self.elsewhere]
        return next((worker for worker in known if number in worker.numbers), None)


def look(ask: Ask, data: str, kind: ServerKind, ours: Ask | None = None, *, port: int = 0) -> Table:
    """Look at the host's processes of one kind of server.

    Args:
        ask: runs the look on the host, as the server's account.
        data: the data directory's path; it need not exist.
        kind: how the server's processes are known.
        ours: the same as our own account. It may see where another container's processes work, which have the number
            of the server's account and hide from it; it may not see the data directory.
        port: also find who listens on this TCP port.

    Raises:
        ActionFailed: the host did not answer as a Linux host does.
    """
    directory, workers, listeners, taken = _look(ask, data, kind, port)
    if ours and _sorted(directory, workers).hidden:
        clear = [worker for worker in workers if not worker.hidden]
        hidden = {worker.pid for worker in workers if worker.hidden}
        seen, again, *_ = _look(ours, data, kind, 0)
        directory = directory if directory.at else seen
        workers = clear + [worker for worker in again if worker.pid in hidden]
    return _sorted(directory, workers)._replace(listeners=listeners, taken=taken)


class _Directory(NamedTuple):
    at: str
    owner: str
    real: str


def _look(ask: Ask, data: str, kind: ServerKind, port: int) -> tuple[_Directory, list[Worker], tuple[int, ...], bool]:
    done = ask(["sh", "-c", _LOOK, "sh", data, kind.names, kind.lock, str(port)])
    if done.code != 0 or not done.out.startswith("data "):
        said = (done.err.strip() or done.out.strip() or f"it {done.ending}").splitlines()[-1]
        raise ActionFailed(
            f"It cannot be told who works in {data}: {said}", "The host must be a Linux with /proc and coreutils."
        )
    lines = done.out.splitlines()
    at, _, owner = lines[0].removeprefix("data ").partition(" ")
    directory = _Directory(at, owner, lines[1].removeprefix("real "))
    listening = dict.fromkeys(int(found[1]) for line in lines if (found := _LISTENS.fullmatch(line)))
    taken = any(line.startswith("socket ") for line in lines)
    return directory, _workers(lines[2:], kind.lock), tuple(listening), taken


def _sorted(directory: _Directory, workers: list[Worker]) -> Table:
    table = Table([], [], [], [])
    for worker in workers:
        if directory.at and worker.at == directory.at:
            table.here.append(worker)
        elif worker.place == f"{directory.real}{_DELETED}":
            table.gone.append(worker)
        elif worker.hidden and directory.owner in ("", str(worker.account)):
            table.hidden.append(worker)
        else:
            table.elsewhere.append(worker)
    return table


def _workers(lines: list[str], lock: str) -> list[Worker]:
    facts: dict[int, dict[str, str]] = {}
    for line in lines:
        if found := _STATUS.fullmatch(line):
            facts.setdefault(int(found[1]), {})[found[2]] = found[3]
        elif found := _AT.fullmatch(line):
            facts.setdefault(int(found[1]), {})["at"] = found[2]
        elif found := _LINK.fullmatch(line):
            facts.setdefault(int(found[1]), {})["link"] = _place(found[2], lock)
        elif found := _DENIED.fullmatch(line):
            facts.setdefault(int(found[1]), {})["denied"] = "yes"
        elif found := _THERE.fullmatch(line):
            facts.setdefault(int(found[1]), {})["there"] = "yes"
    return [_worker(pid, known) for pid, known in facts.items() if "PPid" in known and not _ended(known)]


def _place(link: str, lock: str) -> str:
    """Return the directory that a process works in, from what the kernel says of its directory or its lock file."""
    if not lock:
        return link
    deleted = _DELETED if link.endswith(_DELETED) else ""
    return link.removesuffix(_DELETED).removesuffix(f"/{lock}") + deleted


def _ended(known: dict[str, str]) -> bool:
    """Say whether a process is only a name that its parent has not taken off the list yet (``Z``, ``X``: proc(5))."""
    return known.get("State", "").startswith(("Z", "X"))


def _worker(pid: int, known: dict[str, str]) -> Worker:
    numbers = tuple(int(number) for number in known.get("NSpid", str(pid)).split())
    account = int((known.get("Uid") or "-1").split()[0])
    return Worker(
        pid,
        int(known["PPid"]),
        account,
        numbers,
        known.get("link", ""),
        known.get("at", ""),
        {"denied", "there"} <= known.keys(),
    )
