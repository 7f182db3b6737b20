"""The exporter's port and its account: who has the one, what the other cannot read, and who may send alerts."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from cleo_console.monitoring.offers import Offers
from cleo_console.monitoring.receiver import receiver
from cleo_console.monitoring.server import CannotListen, listen
from journal.paths import Paths
from journal.readiness.result import ReadyResult, write
from tests.cleo_console.monitoring.test_webhook import NOW, alert
from tests.unprivileged import unprivileged


@contextmanager
def served(host: str, offers: Offers) -> Iterator[int]:
    server = listen(host, 0, receiver(offers))
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def taken(port: int, sends: str) -> int:
    """Send an alert of its own to an address; return the answer's status."""
    body = json.dumps({"groupKey": sends, "alerts": [alert()]}).encode()
    asked = Request(f"http://{sends}:{port}/alerts", body, {"Content-Type": "application/json"})
    with urlopen(asked, timeout=10) as answer:
        return int(answer.status)


@pytest.mark.parametrize(("listens", "sends"), [("::", ("127.0.0.1", "[::1]")), ("127.0.0.1", ("127.0.0.1",))])
def test_an_alert_is_taken_from_this_machine_by_ipv4_and_ipv6_and_who_has_a_port_is_said(
    tmp_path: Path, listens: str, sends: tuple[str, ...]
) -> None:
    offers = Offers(tmp_path / "alerts")
    with served(listens, offers) as port:
        for count, address in enumerate(sends, 1):
            assert taken(port, address) == 200
            assert len(list((tmp_path / "alerts").iterdir())) == count
        with pytest.raises(CannotListen, match=f"process {os.getpid()} has it"):
            listen(listens, port, receiver(offers))


def test_an_alert_by_a_name_that_leads_here_from_elsewhere_is_not_taken(tmp_path: Path) -> None:
    heads = {"Content-Type": "application/json", "Host": "rebound.example.org:9477"}
    with served("127.0.0.1", Offers(tmp_path / "alerts")) as port, pytest.raises(HTTPError, match="403"):
        urlopen(Request(f"http://127.0.0.1:{port}/alerts", b"{}", heads), timeout=10)


def test_a_client_that_goes_away_leaves_no_traceback(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cleo_console.monitoring.server._Handler.timeout", 0.05)
    with served("127.0.0.1", Offers(tmp_path / "alerts")) as port, socket.create_connection(("127.0.0.1", port)) as one:
        one.sendall(b"GET /al")
        assert one.recv(1) == b""  # it was given up
        assert taken(port, "127.0.0.1") == 200
    assert "Traceback" not in capfd.readouterr().err


def test_what_another_account_cannot_read_is_said_and_a_team_can_read_it(tmp_path: Path) -> None:
    def shut() -> str:
        code = (
            "import sys; from pathlib import Path; from journal.paths import Paths\n"
            "from cleo_console.monitoring.access import unreadable; home = Path(sys.argv[1])\n"
            "print(*unreadable(Paths(incidents=home / 'incidents', locks=home / 'locks')), sep='\\n')"
        )
        words = unprivileged(sys.executable, "-c", code, str(tmp_path))
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()

    paths = Paths(incidents=tmp_path / "incidents", locks=tmp_path / "locks")
    result = ReadyResult(at=NOW, took_s=1, inventory="", plan="", plan_sha256="", verdicts=[], findings=[])
    assert shut() == "", "what is not there is nobody's"
    write(paths.readiness, result)
    paths.incidents.mkdir(0o000)
    paths.readiness.chmod(0o000)
    said = shut()
    assert all(f"cannot read {path}" in said for path in (paths.incidents, paths.readiness))
    assert "install -d -m 2770" in said
    tmp_path.chmod(0o2770)
    write(paths.readiness, result)
    assert paths.readiness.stat().st_mode & 0o777 == 0o640
    paths.incidents.chmod(0o700)
