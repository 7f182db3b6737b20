"""What survives the death of the runner, of the shim, and of the disk's last free block."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from actions.transport import ProgramLost, State, local
from actions.transport.shim import leave_in_memory, place_in_memory
from tests.actions.transport.support import Output, finish, never, until_released
from tests.waiting import until

_ROOT = Path(__file__).parents[3]

_RUNNER = """
import sys
from actions.transport import local
handle = local().start(sys.argv[1], sys.argv[2:])
print("started", flush=True)
handle.wait(on_output=print, cancelled=lambda: False)
"""


def _python(script: str, *args: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    command = [*before, sys.executable, "-c", textwrap.dedent(script), *args]
    return subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def test_the_program_goes_on_when_its_runner_is_killed(spool: Path, tmp_path: Path) -> None:
    release = tmp_path / "release"
    program = until_released(release, "seq 1000; exit 6")
    with _python(_RUNNER, str(spool), *program) as runner:
        assert runner.stdout
        assert runner.stdout.readline() == "started\n"
        os.killpg(runner.pid, signal.SIGHUP)  # the terminal is closed
        os.killpg(runner.pid, signal.SIGKILL)
    handle = local().attach(spool, program)
    assert handle.status().state is State.RUNNING
    assert handle.pid
    release.touch()
    output = Output()
    completed = finish(handle, output)
    assert (completed.code, completed.reattached) == (6, True)
    assert output.of("out") == ["begun", *map(str, range(1, 1001))]


def test_the_end_is_recorded_while_nobody_watches(spool: Path, tmp_path: Path) -> None:
    with _python(_RUNNER, str(spool), "sh", "-c", "echo alone; exit 9") as runner:
        assert runner.stdout
        assert runner.stdout.readline() == "started\n"
        runner.kill()
    until((spool / "finished").exists)
    completed = finish(local().attach(spool))
    assert (completed.code, completed.out) == (9, "alone\n")
    assert finish(local().attach(spool)) == completed


def _shim_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def test_a_killed_shim_is_unknown_and_the_program_may_live(spool: Path, tmp_path: Path) -> None:
    release = tmp_path / "release"
    handle = local().start(spool, until_released(release, "echo over"))
    assert handle.pid
    os.kill(_shim_of(handle.pid), signal.SIGKILL)
    until(lambda: handle.status().state is State.UNKNOWN)
    assert handle.status().alive
    with pytest.raises(ProgramLost) as lost:
        finish(handle)
    assert f"process {handle.pid} still runs" in lost.value.what_is_known
    release.touch()
    until(lambda: not handle.status().alive)
    with pytest.raises(ProgramLost) as lost:
        finish(local().attach(spool))
    assert f"process {handle.pid} is gone" in lost.value.what_is_known


def test_a_shim_is_missed_while_its_program_prints_on_and_on(spool: Path) -> None:
    handle = local().start(spool, ["sh", "-c", "while :; do echo on; done"])
    output, pid = Output(), handle.pid
    assert pid

    def take(stream: str, text: str) -> None:
        if not output:
            os.kill(_shim_of(pid), signal.SIGKILL)
        output(stream, text)

    with pytest.raises(ProgramLost) as lost:
        handle.wait(on_output=take, cancelled=never, deadline_s=6)
    os.killpg(pid, signal.SIGKILL)
    assert "still runs" in lost.value.what_is_known


def test_a_signal_to_the_shim_does_not_end_it(spool: Path, tmp_path: Path) -> None:
    release = tmp_path / "release"
    handle = local().start(spool, until_released(release, "exit 3"))
    assert handle.pid
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        os.kill(_shim_of(handle.pid), number)
    release.touch()
    assert finish(handle).code == 3


def _in_another_boot(record: Path) -> str:
    """Make the record say so, and return what it said before."""
    honest = record.read_text()
    record.write_text(honest.replace(Path("/proc/sys/kernel/random/boot_id").read_text().strip(), "0" * 36))
    return honest


def test_another_boot_is_never_mistaken_for_this_one(spool: Path) -> None:
    handle = local().start(spool, ["sleep", "600"])
    assert handle.pid
    os.kill(_shim_of(handle.pid), signal.SIGKILL)
    until(lambda: handle.status().state is State.UNKNOWN)
    honest = _in_another_boot(spool / "started")
    assert not handle.status().alive
    assert not handle.terminate(signal.SIGKILL)
    (spool / "started").write_text(honest)
    assert handle.terminate(signal.SIGKILL)


def test_what_a_program_left_behind_is_its_own_in_this_boot_only(spool: Path) -> None:
    handle = local().start(spool, ["sh", "-c", "sleep 600 & exit 0"])
    assert finish(handle).code == 0
    honest = _in_another_boot(spool / "started")
    assert not handle.terminate(signal.SIGKILL)
    (spool / "started").write_text(honest)
    assert handle.terminate(signal.SIGKILL)


_ON_A_FULL_DISK = """
import pathlib, subprocess, sys, time
from actions.transport import State, local
disk = sys.argv[1]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=40", "none", disk], check=True)
fill = f"dd if=/dev/zero of={disk}/filler 2>&-; i=0; while true >{disk}/f$i; do i=$((i+1)); done 2>&-; exit 5"
handle = local().start(f"{disk}/spool", ["bash", "-c", fill])
deadline = time.monotonic() + 20
while handle.status().state is not State.FINISHED and time.monotonic() < deadline:
    time.sleep(0.02)
print(handle.status().state.value)
pathlib.Path(f"{disk}/f0").unlink()
print(handle.wait(on_output=lambda *_: None, cancelled=lambda: False, deadline_s=20).code)
"""


def test_the_exit_status_is_kept_on_a_full_disk(tmp_path: Path) -> None:
    """No free block and no free inode: its end lies in memory until the shim can leave the record."""
    with _python(_ON_A_FULL_DISK, str(tmp_path), before=("unshare", "-rm")) as process:
        assert process.stdout
        assert process.stdout.read().split() == ["finished", "5"]


_PRINTS_ON_A_FULL_DISK = """
import pathlib, subprocess, sys, time
from actions.transport import local
disk = sys.argv[1]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "none", disk], check=True)
speak = f'while [ ! -e {disk}/go ]; do sleep 0.02; done; seq 100000 && echo whole >&2; exit $?'
handle = local().start(f"{disk}/spool", ["sh", "-c", speak])
pathlib.Path(f"{disk}/go.new").touch()
subprocess.run(["dd", "if=/dev/zero", f"of={disk}/filler"], stderr=subprocess.DEVNULL)
pathlib.Path(f"{disk}/go.new").rename(f"{disk}/go")
heard = []
hear = lambda stream, text: heard.extend(text.split(chr(10)))
done = handle.wait(on_output=hear, cancelled=lambda: False, deadline_s=30)
print(done.code, len(heard), heard[-1])
"""


def test_a_program_that_prints_goes_on_when_the_disk_of_its_spool_fills_up(tmp_path: Path) -> None:
    """What it prints has room set aside: pgBackRest ends itself where it cannot print."""
    with _python(_PRINTS_ON_A_FULL_DISK, str(tmp_path), before=("unshare", "-rm")) as process:
        assert process.stdout
        assert process.stdout.read().split() == ["0", "100001", "whole"]


def test_what_was_set_aside_is_given_back(spool: Path) -> None:
    finish(local().start(spool, ["echo", "hello"]))
    assert (spool / "out").read_text() == "hello\n"
    assert (spool / "out").stat().st_blocks * 512 <= 64 * 1024


_LEAVES_A_PRINTER = """
import os, sys
if os.fork() == 0:
    for number in range(20000):
        os.write(1, b"%08d\\n" % number)
    open(sys.argv[1], "w").close()
"""


def test_giving_room_back_cuts_nothing_that_is_still_printed(tmp_path: Path) -> None:
    """What a program left running prints on while the program itself ends."""
    for turn in range(20):
        spool, done = tmp_path / f"spool{turn}", tmp_path / f"done{turn}"
        finish(local().start(spool, [sys.executable, "-c", _LEAVES_A_PRINTER, str(done)]))
        until(done.exists)
        assert (spool / "out").stat().st_size == 20000 * 9


def test_an_end_noted_in_memory_is_not_taken_for_a_later_program_of_the_same_folder(spool: Path) -> None:
    leave_in_memory(str(spool), {"code": 0, "took_s": 1.0})
    handle = local().start(spool, ["sleep", "60"])
    assert handle.status().state is State.RUNNING
    handle.terminate()
    assert finish(handle).code == -15
    assert not Path(place_in_memory(str(spool))).exists()


def test_a_stopped_program_is_said_to_be_stopped_and_to_go_on(spool: Path) -> None:
    handle = local().start(spool, ["sh", "-c", "sleep 0.2; kill -STOP $$; echo over"])
    said: list[tuple[str, str]] = []

    def take(stream: str, text: str) -> None:
        said.append((stream, text))
        if "STOPPED" in text and handle.pid:
            os.kill(handle.pid, signal.SIGCONT)

    assert handle.wait(on_output=take, cancelled=never, deadline_s=20).code == 0
    assert [stream for stream, text in said if "STOPPED and does nothing" in text] == ["log"]
    assert ("out", "over") in said
