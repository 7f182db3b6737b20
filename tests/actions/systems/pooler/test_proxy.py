"""HAProxy in front of PostgreSQL is led to the primary: never to two at once, and who answers is asked through it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import psycopg
import pytest

from actions.inventory import Inventory
from actions.outcome import ActionFailed, Outcome
from actions.system_type import load
from actions.systems.load_balancer import SYSTEM
from actions.systems.load_balancer.settings import LoadBalancerSettings, PoolServer
from cleo_console.lab.ports import free_port
from cleo_console.lab.workspace import SYSTEM_PATH
from tests.actions.contexts import FakeContext
from tests.actions.systems.pooler.poolers import PoolerLab
from tests.actions.systems.postgres.failing_over import STANDBY
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("pooler")

CONFIG = """\
global
  stats socket {folder}/admin.sock mode 600 level admin
  server-state-file {folder}/state
defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  load-server-state-from-file global
listen pg
  bind 127.0.0.1:{port}
  server n1 127.0.0.1:{old} check inter 200ms
  server n2 127.0.0.1:{new} check inter 200ms disabled
"""


class Proxy:
    """HAProxy before the two servers of the pooler's lab."""

    def __init__(self, made: PoolerLab, folder: Path) -> None:
        self.made = made
        self.folder = folder
        self.port = free_port()
        old, new = made.ports["postgres"], made.ports[STANDBY]
        (folder / "state").write_text("1\n")
        self.config = folder / "haproxy.cfg"
        self.config.write_text(CONFIG.format(folder=folder, port=self.port, old=old, new=new))
        self.settings = LoadBalancerSettings(
            host="db1",
            socket=f"{folder}/admin.sock",
            backend="pg",
            pools={
                "primary": [PoolServer(name="n1", address=f"127.0.0.1:{old}")],
                "dr": [PoolServer(name="n2", address=f"127.0.0.1:{new}")],
            },
            frontend=f"tcp://127.0.0.1:{self.port}",
            leads_to={"postgres": "n1", STANDBY: "n2"},
            config=str(self.config),
            state_file=f"{folder}/state",
            drain_s=0.5,
            count_s=0.1,
            health_s=5.0,
        )

    def do(self, name: str, *, dry_run: bool = False, **params: object) -> Outcome:
        found = self.made.inventory
        inventory: Inventory = msgspec.structs.replace(found, systems={**found.systems, "proxy": self.settings})
        context = FakeContext(inventory, system="proxy", dry_run=dry_run)
        return context.do(load(SYSTEM.actions[f"load_balancer.{name}"]), **params)

    def reaches(self) -> str:
        """The port of the server that a client reaches."""
        with closing(self.made.client(port=self.port, dbname="cleoai")) as session:
            row = session.execute("SELECT current_setting('port')").fetchone()
        return next(name for name, port in self.made.ports.items() if str(port) == str(row and row[0]))


@pytest.fixture
def proxy(made: PoolerLab) -> Iterator[Proxy]:
    program = shutil.which("haproxy", path=SYSTEM_PATH)
    assert program, "haproxy is not installed"
    folder = made.lab.directory / "ha"  # a socket's path is short
    folder.mkdir()
    found = Proxy(made, folder)
    with _running([program, "-db", "-f", str(found.config)]):
        until(lambda: Path(found.settings.socket).exists())
        yield found
    shutil.rmtree(folder)


@contextmanager
def _running(argv: list[str]) -> Iterator[None]:
    with subprocess.Popen(argv) as process:
        try:
            yield
        finally:
            process.terminate()


def test_clients_reach_the_new_primary_alone_and_the_old_ones_sessions_end(proxy: Proxy) -> None:
    assert proxy.reaches() == "postgres"
    with closing(proxy.made.client(port=proxy.port, dbname="cleoai")) as session:
        assert "would lead" in proxy.do("repoint", dry_run=True).summary
        assert proxy.reaches() == "postgres"
        done = proxy.do("repoint")
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    assert done.ok and not done.partial, done
    assert "asked through it in 1 of 1 database: it answers" in done.summary
    assert proxy.reaches() == STANDBY
    assert proxy.do("repoint").ok, "nothing is left to do"
    assert "n2" in (proxy.folder / "state").read_text()
    assert proxy.do("repoint", to="postgres").ok
    assert proxy.reaches() == "postgres"


def test_what_speaks_http_is_not_tried_on_it(proxy: Proxy) -> None:
    proxy.do("update", dr_site=True)
    with pytest.raises(ActionFailed) as failed:
        proxy.do("test_traffic")
    assert failed.value.cures[0].action == "load_balancer.repoint"
    assert proxy.reaches() == "postgres"
    nameless = msgspec.structs.replace(proxy.settings, leads_to={"postgres": "n1"})
    proxy.settings = nameless
    with pytest.raises(ActionFailed, match="does not say which"):
        proxy.do("repoint")
