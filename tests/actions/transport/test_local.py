"""Programs on this machine, under the shim: real processes."""

from __future__ import annotations

import os
import pwd
import signal
import threading
import time
from pathlib import Path

import pytest

from actions.transport import AlreadyStarted, DeadlineExceeded, NothingStarted, ProgramMissing, State, local
from actions.transport.local_handle import LocalHandle
from tests.actions.transport.support import Output, finish, never, until_released
from tests.waiting import until


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def test_output_and_exit_status_are_the_programs_own(spool: Path) -> None:
    output = Output()
    completed = finish(local().start(spool, ["sh", "-c", "echo one; echo two >&2; printf three; exit 7"]), output)
    assert (completed.code, completed.out, completed.err) == (7, "one\nthree", "two\n")
    assert output.of("out") == ["one", "three"]
    assert output.of("err") == ["two"]
    assert completed.argv[0] == "sh"
    assert not completed.reattached


def test_a_python_that_was_built_without_pidfd_waits_all_the_same(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Conda's has none: it is built against headers of an older kernel."""
    monkeypatch.delattr(os, "pidfd_open")
    assert finish(local().start(spool, ["sh", "-c", "sleep 0.1; exit 7"])).code == 7


def test_no_shell_reads_the_arguments(spool: Path) -> None:
    nasty = "$(id) `id` ; 'x' \"y\" * ~ \n \\ ü"
    assert finish(local().start(spool, ["printf", "%s", nasty])).out == nasty


def test_a_flood_arrives_whole_and_in_order(spool: Path) -> None:
    output = Output()
    finish(local().start(spool, ["seq", "50000"]), output)
    assert output.of("out") == [str(number) for number in range(1, 50_001)]


def test_garbage_is_no_error(spool: Path) -> None:
    completed = finish(local().start(spool, ["head", "-c", "300000", "/dev/urandom"]))
    assert completed.code == 0
    assert "�" in completed.out


def test_a_signal_is_a_negative_code(spool: Path) -> None:
    assert finish(local().start(spool, ["sh", "-c", "kill -KILL $$"])).code == -signal.SIGKILL


def test_the_program_is_outside_our_session_and_inherits_nothing(spool: Path, tmp_path: Path) -> None:
    lease = os.open(tmp_path / "lease", os.O_CREAT | os.O_RDWR)
    os.set_inheritable(lease, True)
    try:
        completed = finish(
            local().start(spool, ["sh", "-c", "ps -o sid= -p $$; ls -l /proc/$$/fd; grep SigIgn /proc/$$/status"])
        )
    finally:
        os.close(lease)
    assert int(completed.out.split()[0]) != os.getsid(0)
    assert "lease" not in completed.out
    assert "alive" not in completed.out
    assert int(completed.out.split("SigIgn:")[1], 16) & (1 << (signal.SIGHUP - 1)) == 0


def test_variables_reach_the_program_but_no_file_and_no_command_line(spool: Path, tmp_path: Path) -> None:
    release = tmp_path / "release"
    handle = local().start(spool, until_released(release, 'echo "$TOKEN"'), env={"TOKEN": "s3cret-value"})
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _readable(path)]
    kept = [path.read_bytes() for path in spool.iterdir()]
    release.touch()
    assert not [text for text in lines + kept if b"s3cret-value" in text]
    assert finish(handle).out == "begun\ns3cret-value\n"


def _readable(path: Path) -> bool:
    try:
        return bool(path.read_bytes())
    except OSError:
        return False


def test_cancelling_ends_grandchildren_too(spool: Path) -> None:
    script = "trap '' TERM; sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & wait; wait"
    output, wanted = Output(), threading.Event()
    handle = local().start(spool, ["sh", "-c", script])

    def watch(stream: str, line: str) -> None:
        output(stream, line)
        wanted.set()

    completed = handle.wait(on_output=watch, cancelled=wanted.is_set, grace_s=0.3)
    assert completed.code == -signal.SIGKILL
    until(lambda: _gone(int(output.of("out")[0])))


def test_a_child_that_survives_its_parent_is_killed_after_the_grace(spool: Path) -> None:
    script = "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & wait"
    output, wanted = Output(), threading.Event()

    def watch(stream: str, line: str) -> None:
        output(stream, line)
        wanted.set()

    completed = local().start(spool, ["sh", "-c", script]).wait(on_output=watch, cancelled=wanted.is_set, grace_s=0.3)
    assert completed.code == -signal.SIGTERM
    until(lambda: _gone(int(output.of("out")[0])))


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_an_end_is_noticed_at_once_however_long_the_pauses(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalHandle, "pause_s", (60.0, 60.0))
    begun = time.monotonic()
    assert finish(local().start(spool, ["sh", "-c", "sleep 0.3; echo last words; exit 3"])).out == "last words\n"
    assert time.monotonic() - begun < 30


def test_a_deadline_ends_the_program(spool: Path) -> None:
    handle = local().start(spool, ["sleep", "600"])
    with pytest.raises(DeadlineExceeded, match=r"sleep took longer than 0\.2 s"):
        handle.wait(on_output=Output(), cancelled=never, deadline_s=0.2, grace_s=1)
    assert handle.status().state is State.FINISHED


def test_another_account(spool: Path) -> None:
    script = 'id -un; echo "$HOME"; echo "${RUNNERS_OWN-unset}"; id -gn; umask'
    os.environ["RUNNERS_OWN"] = "secret"
    try:
        completed = finish(local().start(spool, ["sh", "-c", script], user="nobody"))
        asked = local().query(["sh", "-c", script], timeout_s=10, user="nobody")
    finally:
        del os.environ["RUNNERS_OWN"]
    lines = completed.out.splitlines()
    assert lines[:3] == ["nobody", pwd.getpwnam("nobody").pw_dir, "unset"]
    assert asked.out.splitlines() == lines


def test_an_account_that_is_not_there(spool: Path) -> None:
    with pytest.raises(NothingStarted, match="no account nobody-at-all"):
        local().start(spool, ["true"], user="nobody-at-all")


def test_a_missing_program_starts_nothing(spool: Path) -> None:
    with pytest.raises(ProgramMissing, match="no program pgbackrest-of-dreams"):
        local().start(spool, ["pgbackrest-of-dreams"])
    assert not spool.exists()


def test_a_program_the_account_may_not_run(spool: Path, tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "tool").write_text("#!/bin/sh\n")
    (private / "tool").chmod(0o755)
    with pytest.raises(ProgramMissing, match="Permission denied"):
        local().start(spool, [str(private / "tool")], user="nobody")
    with pytest.raises(ProgramMissing, match="tool cannot be run: Permission denied"):
        local().query([str(private / "tool")], timeout_s=10, user="nobody")


def test_a_folder_the_account_may_not_enter(spool: Path, tmp_path: Path) -> None:
    (tmp_path / "private").mkdir(mode=0o700)
    with pytest.raises(NothingStarted, match=r"cannot become nobody in .*Permission denied"):
        local().start(spool, ["true"], user="nobody", cwd=str(tmp_path / "private"))


def test_a_spool_serves_one_program_only(spool: Path) -> None:
    finish(local().start(spool, ["echo", "first"]))
    with pytest.raises(AlreadyStarted):
        local().start(spool, ["echo", "second"])
    assert finish(local().attach(spool)).out == "first\n"


def test_given_up_means_it_never_runs(spool: Path, tmp_path: Path) -> None:
    assert local().attach(spool).status().state is State.NOT_STARTED
    assert local().attach(spool).give_up()
    assert local().attach(spool).give_up()
    with pytest.raises(AlreadyStarted):
        local().start(spool, ["touch", str(tmp_path / "ran")])
    assert local().attach(spool).status().state is State.GIVEN_UP
    assert not (tmp_path / "ran").exists()


def test_giving_up_and_starting_at_once_have_one_winner(tmp_path: Path) -> None:
    for attempt in range(12):
        spool, ran = tmp_path / f"spool{attempt}", tmp_path / f"ran{attempt}"
        started: list[bool] = []
        starter = threading.Thread(target=_starts, args=(spool, ran, started))
        starter.start()
        threading.Event().wait(attempt * 0.004)
        given_up = local().attach(spool).give_up()
        starter.join()
        assert started == [not given_up]
        if not given_up:
            finish(local().attach(spool))
        assert ran.exists() is not given_up


def _starts(spool: Path, ran: Path, started: list[bool]) -> None:
    try:
        local().start(spool, ["touch", str(ran)])
    except AlreadyStarted:
        started.append(False)
    else:
        started.append(True)


def test_waiting_for_what_never_started_gives_it_up(spool: Path) -> None:
    with pytest.raises(NothingStarted, match="never will"):
        finish(local().attach(spool))
    with pytest.raises(AlreadyStarted):
        local().start(spool, ["true"])


def test_a_process_that_only_has_the_same_id_is_left_alone(spool: Path) -> None:
    handle = local().start(spool, ["sleep", "600"])
    record = spool / "started"
    honest = record.read_text()
    record.write_text(honest.replace('"start": ', '"start": 1'))
    assert not handle.terminate(signal.SIGKILL)
    assert not handle.status().alive
    record.write_text(honest)
    assert handle.terminate(signal.SIGKILL)
    assert finish(handle).code == -signal.SIGKILL


def test_an_unwritable_spool_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NothingStarted, match="cannot be used"):
        local().start(tmp_path / "file" / "spool", ["true"])


def test_a_query_is_killed_with_its_children_at_its_deadline(tmp_path: Path) -> None:
    child = tmp_path / "child"
    with pytest.raises(DeadlineExceeded, match=r"did not answer within 0\.5 s"):
        local().query(["sh", "-c", f"sleep 600 & echo $! >{child}; wait"], timeout_s=0.5)
    until(lambda: _gone(int(child.read_text())))


def test_a_query_reads_its_input(tmp_path: Path) -> None:
    completed = local().query(["cat"], timeout_s=10, stdin=b"through\x00")
    assert (completed.code, completed.out) == (0, "through\x00")
    assert local().query(["sh", "-c", "exit 4"], timeout_s=10).code == 4


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_file_has_the_permissions_that_were_asked_for_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    """A server's configuration that only we can read is none."""
    before = os.umask(mask)
    try:
        local().write_file(tmp_path / "pg_hba.conf", b"local all all peer", 0o664)
    finally:
        os.umask(before)
    assert oct((tmp_path / "pg_hba.conf").stat().st_mode & 0o777) == oct(0o664)
