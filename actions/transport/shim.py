"""The shim: runs one program, survives the runner, and records the exit status.

    python -I shim.py SPOOL < REQUEST

Started by ``actions.transport.local_transport``; standard library only. REQUEST is a JSON object with ``argv``,
``env``, ``cwd``, ``umask`` and ``account`` (null, or name, uid and gid). It comes through a pipe, because a
command line is for everyone to read. Answers one line: ``started``, ``taken``, or why it did not start.

The spool: ``alive`` is locked while the shim lives; ``out`` and ``err`` hold what the program prints;
``started`` exists before the program runs; ``finished`` exists once its exit status is known. A runner
that links ``started`` first has given the program up: it then never runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import sys
import time
import warnings  # noqa: F401 - execvpe imports it, by then as an account that may not read where it lies

TYPE_CHECKING = False  # to import typing costs a shim 3 ms of its start
if TYPE_CHECKING:
    from typing import Any, NoReturn

NEVER_RAN = 125
CANNOT_RUN = 127
RESERVED = 512  # bytes set aside for the exit status while there is room on the disk
KEEP_TRYING_S = 600
ROOM = {"out": 16 << 20, "err": 1 << 20}  # bytes set aside for what the program prints: a disk that fills up ends none
MEMORY = "/dev/shm"
OUTLIVED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
HANDED_BACK = (*OUTLIVED, signal.SIGPIPE, signal.SIGXFSZ)


def ticks(pid: int) -> int:
    """Return when a process started, in clock ticks since boot."""
    with open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123 - pathlib doubles what a shim costs to start
        return int(stat.read().rsplit(b")", 1)[1].split()[19])


def boot_id() -> str:
    """Return what tells this boot of the machine from every other."""
    with open("/proc/sys/kernel/random/boot_id") as boot:  # noqa: PTH123
        return boot.read().strip()


def sync_folder(spool: str) -> None:
    """Make the names in the spool durable."""
    folder = os.open(spool, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


class Record:
    """A fact in the spool. Once reserved, there is room for it even when the disk has filled up since."""

    def __init__(self, spool: str, name: str) -> None:
        self.spool, self.final = spool, f"{spool}/{name}"
        self.draft = f"{self.final}.{os.getpid()}"
        self.file = os.open(self.draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)

    def reserve(self) -> Record:
        """Set its room aside."""
        os.pwrite(self.file, b" " * RESERVED, 0)
        os.fsync(self.file)
        return self

    def leave(self, **facts: Any) -> None:
        """Write the facts durably. FileExistsError: the record exists already."""
        os.pwrite(self.file, json.dumps(facts).encode().ljust(RESERVED), 0)
        os.fsync(self.file)
        os.link(self.draft, self.final)  # atomic, and never replaces
        os.unlink(self.draft)  # noqa: PTH108
        sync_folder(self.spool)

    def leave_at_last(self, **facts: Any) -> None:
        """Write the facts, and retry while the disk refuses; meanwhile followers find them in memory."""
        until = time.monotonic() + KEEP_TRYING_S
        while True:
            try:
                self.leave(**facts)
                return forget_in_memory(self.spool)
            except OSError:
                leave_in_memory(self.spool, facts)
                if time.monotonic() > until:
                    raise
                time.sleep(1)


def place_in_memory(spool: str) -> str:
    """Return where the end of a program is noted whose spool cannot be written."""
    import hashlib

    return f"{MEMORY}/cleo-ended-{hashlib.sha256(spool.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}"


def leave_in_memory(spool: str, facts: dict[str, Any]) -> None:
    """Note how the program ended."""
    with contextlib.suppress(OSError):
        file = os.open(place_in_memory(spool), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        os.write(file, json.dumps(facts).encode())
        os.close(file)


def set_room_aside(spool: str) -> None:
    """Reserve room behind the end of both outputs, while there is some; where that cannot be had, do without."""
    null = os.open(os.devnull, os.O_RDWR)
    files = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)]
    for name, size in ROOM.items():
        argv = ["fallocate", "--keep-size", "--length", str(size), f"{spool}/{name}"]
        with contextlib.suppress(OSError):
            os.waitpid(os.posix_spawnp("fallocate", argv, os.environ, file_actions=files), 0)
    os.close(null)


def give_room_back(spool: str) -> None:
    """Free what was set aside and not used, where nobody can print any more.

    A write lease is had only while nobody else has the file open (fcntl(2)): what the program left running may still
    print, and to cut the file would cut that.
    """
    signal.signal(signal.SIGIO, signal.SIG_IGN)  # sent to whoever holds a lease that a reader waits for
    for name in ROOM:
        with contextlib.suppress(OSError):
            file = os.open(f"{spool}/{name}", os.O_WRONLY)
            try:
                fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
                os.ftruncate(file, os.fstat(file).st_size)
            finally:
                os.close(file)  # the lease goes with it


def forget_in_memory(spool: str) -> None:
    """Remove the note of an end: it is on the disk, or it is of an earlier program in a folder of the same name."""
    with contextlib.suppress(OSError):
        os.unlink(place_in_memory(spool))  # noqa: PTH108


def become(account: dict[str, Any] | None) -> None:
    """Change to another account."""
    if account:
        os.initgroups(account["name"], account["gid"])
        os.setresgid(account["gid"], account["gid"], account["gid"])
        os.setresuid(account["uid"], account["uid"], account["uid"])


def prepare(request: dict[str, Any], out: int, err: int) -> None:
    """Turn the forked child into what the program expects to begin as."""
    become(request["account"])
    os.chdir(request["cwd"])
    os.umask(request["umask"])
    null = os.open("/dev/null", os.O_RDONLY)
    for source, target in ((null, 0), (out, 1), (err, 2)):
        os.dup2(source, target)
    for number in HANDED_BACK:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def child(request: dict[str, Any], out: int, err: int, go: int, word: int) -> NoReturn:
    """Wait for the start signal, then exec the program; report a failure through ``word``."""
    what = f"become {(request['account'] or {}).get('name')} in {request['cwd']}"
    try:
        os.setsid()  # a group of its own: to end the program is not to end the shim
        os.write(word, b"r")
        if os.read(go, 1) != b"g":
            os._exit(NEVER_RAN)
        prepare(request, out, err)
        what = f"run {request['argv'][0]}"
        os.execvpe(request["argv"][0], request["argv"], request["env"])
    except (OSError, ValueError) as error:
        why = f"cannot {what}: {getattr(error, 'strerror', None) or error}"[:300]
        os.write(err, f"{why}\n".encode())
        os.write(word, why.encode())
    os._exit(CANNOT_RUN)


def answer(text: str) -> None:
    """Send the answer to the process that started the shim, and close the pipe."""
    with contextlib.suppress(BrokenPipeError):  # it has died since; the spool tells its successor
        os.write(1, text.encode())
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 1)


def run(spool: str, request: dict[str, Any]) -> None:
    """Run the program from its start to its end."""
    alive = os.open(f"{spool}/alive", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(alive, fcntl.LOCK_EX)  # ours until this process is gone
    started, finished = Record(spool, "started"), Record(spool, "finished").reserve()
    out, err = (os.open(f"{spool}/{name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) for name in ("out", "err"))
    set_room_aside(spool)
    go_read, go = os.pipe()
    word, word_write = os.pipe()
    begin, pid = time.monotonic(), os.fork()
    if pid == 0:
        os.close(go)
        child(request, out, err, go_read, word_write)
    for file in (word_write, out, err):
        os.close(file)
    os.read(word, 1)
    if not os.path.exists(started.final):  # noqa: PTH110 - else the note may be all that is known of that run's end
        forget_in_memory(spool)
    started.leave(pid=pid, start=ticks(pid), boot=boot_id(), at=time.time())
    os.write(go, b"g")
    answer(os.read(word, 512).decode() or "started")
    _, status = os.waitpid(pid, 0)
    give_room_back(spool)
    finished.leave_at_last(code=os.waitstatus_to_exitcode(status), at=time.time(), took_s=time.monotonic() - begin)


def main() -> None:
    """Read the request, leave the runner's side, and run the program."""
    request = json.load(sys.stdin)
    if os.fork():
        os._exit(0)  # nobody has to wait for the shim
    for number in OUTLIVED:
        signal.signal(number, signal.SIG_IGN)
    os.umask(0o077)
    try:
        run(sys.argv[1], request)
    except FileExistsError:
        answer("taken")
    except OSError as error:
        answer(f"cannot keep {sys.argv[1]}: {error.strerror}")
        raise


if __name__ == "__main__":
    main()
