"""Getting in over SSH: accounts, keys, login shells, and what is said when that does not work."""

from __future__ import annotations

import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from actions.transport import NothingStarted, NotLetIn, SshHost, Unreachable, open_transport
from tests.actions.sshd import Sshd, running_sshd
from tests.actions.transport.support import Output, finish


def test_a_login_without_privileges() -> None:
    with tempfile.TemporaryDirectory() as folder, running_sshd(Path(folder), "postgres") as server:
        ssh = open_transport(server.host())
        handle = ssh.start(f"{server.spool}/mine", ["sh", "-c", "id -un; exec sleep 600"])
        output = Output()
        completed = handle.wait(on_output=output, cancelled=lambda: bool(output), grace_s=5)
        assert (completed.out, completed.code) == ("postgres\n", -signal.SIGTERM)
        with pytest.raises(NothingStarted, match="sudo does not let postgres run programs as nobody"):
            ssh.start(f"{server.spool}/other", ["true"], user="nobody")


def test_a_login_that_runs_nothing() -> None:
    with tempfile.TemporaryDirectory() as folder, running_sshd(Path(folder)) as server:
        Path(folder).chmod(0o755)
        ssh = open_transport(server.host(user="backup"))  # its shell is nologin(8)
        with pytest.raises(NothingStarted, match="runs nothing: This account is currently not available"):
            ssh.query(["true"], timeout_s=5)


def test_a_login_that_ended_before_we_spoke(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = asyncssh.SSHClientConnection.create_process

    async def ended(*args: Any, **settings: Any) -> asyncssh.SSHClientProcess[bytes]:
        process = await opened(*args, **settings)
        await process.wait_closed()
        return process

    monkeypatch.setattr(asyncssh.SSHClientConnection, "create_process", ended)
    test_a_login_that_runs_nothing()


def test_what_the_login_shell_prints_is_not_taken_for_an_answer(sshd: Sshd, tmp_path: Path) -> None:
    chatty = r'command="echo Welcome; echo quota >&2; eval \"$SSH_ORIGINAL_COMMAND\"" '
    public = sshd.folder / "user_key.pub"
    public.write_text(chatty + public.read_text())
    ssh = open_transport(sshd.host())
    assert ssh.query(["echo", "answer"], timeout_s=5).out == "answer\n"
    completed = finish(ssh.start(ssh.place_spool(tmp_path, "run"), ["echo", "answer"]))
    assert (completed.out, completed.err) == ("answer\n", "")


def test_nobody_listens(tmp_path: Path) -> None:
    known_hosts = tmp_path / "known_hosts"
    known_hosts.touch()
    with socket.socket() as silent:  # bound, and not listening
        silent.bind(("127.0.0.1", 0))
        spec = SshHost(host="127.0.0.1", port=silent.getsockname()[1], known_hosts=str(known_hosts))
        with pytest.raises(Unreachable, match="cannot be reached"):
            open_transport(spec).start("spool", ["true"])


def test_an_unknown_host_key_is_refused_and_the_way_out_is_named(sshd: Sshd, tmp_path: Path) -> None:
    for known_hosts in (tmp_path / "absent", tmp_path / "empty"):
        (tmp_path / "empty").touch()
        with pytest.raises(Unreachable, match=r"may be another machine|was not asked") as refused:
            open_transport(sshd.host(known_hosts=known_hosts)).query(["true"], timeout_s=5)
        assert f"ssh-keyscan -p {sshd.port} 127.0.0.1 >> {known_hosts}" in refused.value.hint
        assert ("was not asked" in refused.value.message) is (known_hosts.name == "absent"), "nothing is said unseen"


def test_a_host_key_that_was_changed_is_told_from_an_unknown_one(sshd: Sshd, tmp_path: Path) -> None:
    other, known_hosts = tmp_path / "other", tmp_path / "changed"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    algorithm, public, *_ = other.with_suffix(".pub").read_text().split()
    known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {algorithm} {public}\n")
    with pytest.raises(NotLetIn, match="another one than") as refused:
        open_transport(sshd.host(known_hosts=known_hosts)).query(["true"], timeout_s=5)
    assert f"ssh-keygen -f {known_hosts} -R '[127.0.0.1]:{sshd.port}'" in refused.value.hint


def test_keys_that_do_not_fit(sshd: Sshd) -> None:
    sshd.key.write_text("no key at all\n")
    with pytest.raises(Unreachable, match="cannot be used"):
        open_transport(sshd.host()).query(["true"], timeout_s=5)
    sshd.key.unlink()
    with pytest.raises(NothingStarted, match="There is no key"):
        open_transport(sshd.host()).query(["true"], timeout_s=5)
