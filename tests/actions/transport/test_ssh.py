"""Programs over SSH, against a real sshd."""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from actions.transport import (
    AlreadyStarted,
    DeadlineExceeded,
    FileMissing,
    FileTrouble,
    NothingStarted,
    ProgramLost,
    ProgramMissing,
    State,
    Transport,
    open_transport,
    remote,
)
from tests.actions.sshd import Sshd
from tests.actions.transport.support import Output, finish, never, until_released
from tests.waiting import until


@pytest.fixture
def ssh(sshd: Sshd) -> Transport:
    return open_transport(sshd.host())


@pytest.fixture
def spool(ssh: Transport, tmp_path: Path) -> str:
    return ssh.place_spool(tmp_path / "INC-1", "verify.1")


def test_output_and_exit_status_are_the_programs_own(ssh: Transport, spool: str) -> None:
    output = Output()
    handle = ssh.start(spool, ["sh", "-c", "echo one; echo two >&2; printf three; sleep 0.2; exit 7"])
    completed = finish(handle, output)
    assert (completed.code, completed.out, completed.err) == (7, "one\nthree", "two\n")
    assert (output.of("out"), output.of("err")) == (["one", "three"], ["two"])
    assert 0.1 < completed.duration_s < 5
    assert not completed.reattached
    assert finish(ssh.attach(spool)).code == 7


def test_no_shell_reads_the_arguments(ssh: Transport, spool: str) -> None:
    nasty = "$(id) `id` ; 'x' \"y\" * ~ \n \\ ü"
    assert finish(ssh.start(spool, ["printf", "%s", nasty])).out == nasty
    assert ssh.query(["printf", "%s", nasty], timeout_s=10).out == nasty


def test_a_flood_arrives_whole_and_garbage_is_no_error(ssh: Transport, spool: str) -> None:
    output = Output()
    finish(ssh.start(spool, ["sh", "-c", "seq 50000; head -c 300000 /dev/urandom >&2"]), output)
    assert output.of("out") == [str(number) for number in range(1, 50_001)]
    assert any("�" in line for line in output.of("err"))


def test_variables_reach_the_program_but_no_file_and_no_command_line(
    ssh: Transport, spool: str, sshd: Sshd, tmp_path: Path
) -> None:
    release = tmp_path / "release"
    handle = ssh.start(spool, until_released(release, 'echo "$TOKEN"'), env={"TOKEN": "s3cret-value"})
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _readable(path)]
    kept = [path.read_bytes() for path in sshd.spool.rglob("*") if path.is_file()]
    release.touch()
    assert not [text for text in lines + kept if b"s3cret-value" in text]
    assert finish(handle).out == "begun\ns3cret-value\n"
    assert ssh.query(["sh", "-c", 'echo "$TOKEN"'], timeout_s=10, env={"TOKEN": "it's"}).out == "it's\n"


def _readable(path: Path) -> bool:
    try:
        return bool(path.read_bytes())
    except OSError:
        return False


def test_a_variable_that_no_shell_can_carry(ssh: Transport, spool: str) -> None:
    with pytest.raises(NothingStarted, match="no name"):
        ssh.start(spool, ["true"], env={"A;id": "1"})


def test_cancelling_ends_the_whole_group(ssh: Transport, spool: str) -> None:
    output, begun = Output(), threading.Event()

    def watch(stream: str, line: str) -> None:
        output(stream, line)
        begun.set()

    handle = ssh.start(spool, ["sh", "-c", "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & wait"])
    completed = handle.wait(on_output=watch, cancelled=begun.is_set, grace_s=0.5)
    assert completed.code == -signal.SIGTERM
    until(lambda: not Path(f"/proc/{output.of('out')[0]}").exists())


def test_signals_begin_as_a_program_expects_them(ssh: Transport, spool: str) -> None:
    completed = finish(ssh.start(spool, ["sh", "-c", "grep SigIgn /proc/$$/status; umask; pwd; kill -KILL $$"]))
    assert int(completed.out.split()[1], 16) & 0xFFF == 0
    assert completed.out.splitlines()[1:] == ["0022", "/"]
    assert completed.code == -signal.SIGKILL


def test_a_deadline_ends_the_program(ssh: Transport, spool: str) -> None:
    handle = ssh.start(spool, ["sleep", "600"])
    with pytest.raises(DeadlineExceeded, match="sleep took longer"):
        handle.wait(on_output=Output(), cancelled=never, deadline_s=0.2, grace_s=2)
    assert handle.status().state is State.FINISHED


def test_a_query_is_killed_with_its_children_at_its_deadline(ssh: Transport, tmp_path: Path) -> None:
    child = tmp_path / "child"
    with pytest.raises(DeadlineExceeded, match="did not answer within 1 s"):
        ssh.query(["sh", "-c", f"sleep 600 & echo $! >{child}; wait"], timeout_s=1)
    until(lambda: not Path(f"/proc/{child.read_text().strip()}").exists())


def test_a_query_has_input_and_an_exit_status_of_its_own(ssh: Transport) -> None:
    assert ssh.query(["cat"], timeout_s=10, stdin=b"through").out == "through"
    assert ssh.query(["cat"], timeout_s=10).out == ""
    assert ssh.query(["sh", "-c", "exit 124"], timeout_s=10).code == 124


def test_another_account(ssh: Transport, spool: str) -> None:
    script = ["sh", "-c", 'id -un; id -gn; echo "$HOME"; echo "$TOKEN"']
    expected = ["nobody", "nogroup", "/nonexistent", "kept"]
    assert finish(ssh.start(spool, script, user="nobody", env={"TOKEN": "kept"})).out.splitlines() == expected
    assert ssh.query(script, timeout_s=10, user="nobody", env={"TOKEN": "kept"}).out.splitlines() == expected


def test_what_cannot_start_says_why(ssh: Transport, spool: str) -> None:
    with pytest.raises(ProgramMissing, match="no program pgbackrest-of-dreams on ssh"):
        ssh.start(spool, ["pgbackrest-of-dreams"])
    with pytest.raises(ProgramMissing):
        ssh.query(["pgbackrest-of-dreams"], timeout_s=10)
    with pytest.raises(NothingStarted, match="no account nobody-at-all"):
        ssh.start(spool, ["true"], user="nobody-at-all")
    with pytest.raises(NothingStarted, match="cannot enter /no/such/folder"):
        ssh.start(spool, ["true"], cwd="/no/such/folder")
    assert ssh.attach(spool).status().state is State.NOT_STARTED


def test_a_host_without_setsid(ssh: Transport, spool: str, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "dd", "cat", "id", "mkdir"):
        found = next(folder for folder in ("/bin", "/usr/bin") if Path(folder, name).exists())
        (tools / name).symlink_to(Path(found, name))
    with pytest.raises(NothingStarted, match=r"setsid\(1\) is missing"):
        ssh.start(spool, ["cat"], env={"PATH": str(tools)})


def test_a_spool_serves_one_program_only(ssh: Transport, spool: str) -> None:
    finish(ssh.start(spool, ["echo", "first"]))
    with pytest.raises(AlreadyStarted):
        ssh.start(spool, ["echo", "second"])
    assert finish(ssh.attach(spool)).out == "first\n"


def test_given_up_means_it_never_runs(ssh: Transport, spool: str, tmp_path: Path) -> None:
    assert ssh.attach(spool).give_up()
    assert ssh.attach(spool).give_up()
    with pytest.raises(AlreadyStarted):
        ssh.start(spool, ["touch", str(tmp_path / "ran")])
    assert ssh.attach(spool).status().state is State.GIVEN_UP
    assert not (tmp_path / "ran").exists()


def test_what_started_cannot_be_given_up(ssh: Transport, spool: str, tmp_path: Path) -> None:
    release = tmp_path / "release"
    handle = ssh.start(spool, until_released(release, "exit 4"))
    assert not ssh.attach(spool).give_up()
    assert handle.status().state is State.RUNNING
    release.touch()
    assert finish(handle).code == 4


def test_giving_up_and_starting_at_once_have_one_winner(ssh: Transport, spool: str, tmp_path: Path) -> None:
    for attempt in range(6):
        ran, given_up = tmp_path / f"ran{attempt}", threading.Event()
        key = f"{spool}{attempt}"
        giver = threading.Thread(target=_give_up, args=(ssh, key, given_up))
        giver.start()
        try:
            finish(ssh.start(key, ["touch", str(ran)]))
            started = True
        except AlreadyStarted:
            started = False
        giver.join()
        assert started is not given_up.is_set()
        assert ran.exists() is started


def _give_up(ssh: Transport, key: str, given_up: threading.Event) -> None:
    if ssh.attach(key).give_up():
        given_up.set()


def test_a_killed_shim_is_unknown(ssh: Transport, spool: str, tmp_path: Path) -> None:
    release = tmp_path / "release"
    handle = ssh.start(spool, until_released(release, "true"))
    shim = int(Path(spool, "started").read_text().split("shim=")[1].split()[0])
    os.kill(shim, signal.SIGTERM)
    assert handle.status().state is State.RUNNING
    os.kill(shim, signal.SIGKILL)
    until(lambda: handle.status().state is State.UNKNOWN)
    with pytest.raises(ProgramLost) as lost:
        finish(handle)
    assert f"{handle.pid} still runs" in lost.value.what_is_known
    release.touch()
    until(lambda: not handle.status().alive)


def test_a_process_that_only_has_the_same_id_is_left_alone(ssh: Transport, spool: str) -> None:
    handle = ssh.start(spool, ["sleep", "600"])
    record = Path(spool, "started")
    honest = record.read_text()
    record.write_text(honest.replace(" start=", " start=1"))
    assert not handle.terminate(signal.SIGKILL)
    record.write_text(honest)
    assert handle.terminate(signal.SIGKILL)
    assert finish(handle).code == -signal.SIGKILL


def test_files(ssh: Transport, tmp_path: Path) -> None:
    data = bytes(range(256)) * 4000
    ssh.write_file(tmp_path / "it's", data, 0o640)
    assert (tmp_path / "it's").stat().st_mode & 0o777 == 0o640
    assert ssh.read_file(tmp_path / "it's") == data
    with pytest.raises(FileMissing):
        ssh.read_file(tmp_path / "absent")
    with pytest.raises(FileTrouble, match="cannot be written"):
        ssh.write_file(tmp_path / "absent" / "file", data)


@pytest.mark.parametrize("arrives", [0, 0.5])
def test_a_part_of_a_text_replaces_no_file(
    ssh: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arrives: float
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    ask = remote.ask

    def cut_off(link: Any, name: str, args: Any, **more: Any) -> Any:
        data = more["stdin"]
        return ask(link, name, args, stdin=data[: int(len(data) * arrives)])

    monkeypatch.setattr(remote, "ask", cut_off)
    with pytest.raises(FileTrouble, match="only a part of the text arrived"):
        ssh.write_file(path, b"new" * 9000)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.glob("file*")) == [path]


def test_the_host_says_who_it_is(ssh: Transport) -> None:
    identity = ssh.host_identity()
    assert identity["hostname"] == socket.gethostname()
    assert identity["machine_id"] == Path("/etc/machine-id").read_text().strip()


def test_a_stopped_program_is_known_as_stopped(ssh: Transport, spool: str) -> None:
    handle = ssh.start(spool, ["sleep", "600"])
    assert not handle.status().stopped
    assert handle.terminate(signal.SIGSTOP)
    until(lambda: handle.status().stopped)
    assert handle.status().state is State.RUNNING
    assert handle.terminate(signal.SIGKILL)
