"""Servers that are talked to by TLS: measured, acted on, backed up; and what is wrong with a certificate is told."""

from __future__ import annotations

import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from actions.backups.take import take
from actions.by_hand import words_of
from actions.health import Health
from actions.inventory import Inventory, load_inventory
from actions.readiness.ready import TypeReady
from actions.system_type import load
from actions.system_types import system_type
from actions.systems.mongodb.probe import probe as probe_mongodb
from actions.systems.mongodb.verify import verify as verify_mongodb
from actions.systems.postgres.by_hand import start as start_by_hand
from actions.systems.postgres.probe import probe as probe_postgres
from actions.systems.postgres.verify import verify as verify_postgres
from actions.systems.redis.by_hand import is_running
from actions.systems.redis.probe import probe as probe_redis
from actions.systems.redis.start_stop import start, stop
from actions.transport import local
from cleo_console.lab.mongodb import server as mongod
from cleo_console.lab.ports import free_port
from journal.readiness.finding import ReadyFinding
from tests.actions.contexts import FakeContext
from tests.actions.systems.mongodb.mongo_lab import running_mongodb
from tests.actions.systems.redis.redis_lab import running_redis
from tests.certificates import Authority
from tests.labs import running_lab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("tls")

GOOD = ("127.0.0.1", "localhost")


class Secure(ABC):
    """A lab's server that talks TLS."""

    name: str
    probe: Any
    said: dict[str, Any] = {}
    """What the inventory says of it."""

    def __init__(self, inventory: Inventory, folder: Path, account: str) -> None:
        self._inventory, self._account = inventory, account
        self.folder = folder / "tls"
        self.folder.mkdir(mode=0o755)
        self.ca = Authority(self.folder)
        self.other = Authority(self.folder, "other-ca")
        self.client = self.ca.signed("client")
        self.served = self.folder / "served.pem"
        self.show(self.ca.signed("right", *GOOD))

    def show(self, certificate: Path) -> None:
        """Have the server show a certificate."""
        shutil.copy(certificate, self.served)
        if self._account:
            shutil.chown(self.served, self._account)
        self.served.chmod(0o600)
        self.read_anew()

    @abstractmethod
    def read_anew(self) -> None:
        """Have the server read its certificate."""

    def inventory(self, **changes: Any) -> Inventory:
        settings = replace(self._inventory.systems[self.name], **{**self.said, **changes})  # type: ignore[type-var]
        return replace(self._inventory, systems={self.name: settings})

    def health(self, **changes: Any) -> Health:
        found: Health = type(self).probe(
            self.name, self.inventory(**changes).systems[self.name], local(), deadline_s=8.0
        )
        return found

    def ctx(self, **changes: Any) -> FakeContext:
        return FakeContext(self.inventory(**changes), system=self.name)


class SecureRedis(Secure):
    name, probe = "redis", staticmethod(probe_redis)

    def __init__(self, lab: Any) -> None:
        self.node, self.port, self.up = lab.node(), free_port(), False
        super().__init__(lab.inventory, self.node.directory, self.node.account.name)
        self.said = {
            "port": self.port,
            "tls": True,
            "tls_ca_file": str(self.ca.file),
            "tls_certificate_file": str(self.client),
        }

    def read_anew(self) -> None:
        files = {"cert": self.served, "key": self.served, "ca-cert": self.ca.file}
        said = {f"tls-{name}-file": str(path) for name, path in files.items()}
        if not self.up:
            more = "".join(f"{name} {value}\n" for name, value in {**said, "tls-port": self.port}.items())
            self.node.config_file.write_text(self.node.config_file.read_text() + more)
        with self.node.client() as client:
            client.execute_command("CONFIG", "SET", *(word for pair in said.items() for word in pair))
            client.config_set("tls-port", self.port)
        self.up = True


class SecureMongodb(Secure):
    name, probe = "mongodb", staticmethod(probe_mongodb)

    def __init__(self, lab: Any) -> None:
        self.member, self.up = lab.member, False
        super().__init__(lab.inventory, self.member.directory, self.member.account.name)
        self.said = {"tls": True, "tls_ca_file": str(self.ca.file), "tls_certificate_file": str(self.client)}

    def read_anew(self) -> None:
        if self.up:
            with self.member.session() as client:
                client.admin.command("rotateCertificates")
            return
        tls = f"  tls:\n    mode: preferTLS\n    certificateKeyFile: {self.served}\n    CAFile: {self.ca.file}\n"
        conf = self.member.config_file
        conf.write_text(conf.read_text().replace("net:\n", f"net:\n{tls}"))
        mongod.stop(self.member)
        mongod.start(self.member)
        with self.member.session() as client:
            until(lambda: client.admin.command("hello")["isWritablePrimary"])
        self.up = True


class SecurePostgres(Secure):
    name, probe = "postgres", staticmethod(probe_postgres)

    def __init__(self, lab: Any) -> None:
        self.lab = lab
        super().__init__(load_inventory(lab.inventory_path), lab.postgres.directory, lab.postgres.account.name)
        self.said = {"sslmode": "verify-full", "tls_ca_file": str(self.ca.file)}

    def read_anew(self) -> None:
        for name, value in {"ssl_cert_file": self.served, "ssl_key_file": self.served, "ssl": "on"}.items():
            self.lab.psql(f"ALTER SYSTEM SET {name} = '{value}'")
        shown = self.served.read_text()
        self.lab.psql("SELECT pg_reload_conf()")
        until(lambda: self.lab.psql("SHOW ssl") == "on" and self.served.read_text() == shown)


KINDS: dict[str, Any] = {
    "redis": lambda stack: SecureRedis(stack.enter_context(running_redis())),
    "mongodb": lambda stack: SecureMongodb(stack.enter_context(running_mongodb())),
    "postgres": lambda stack: SecurePostgres(stack.enter_context(running_lab())),
}


@pytest.fixture(scope="module", params=list(KINDS))
def secure(request: pytest.FixtureRequest) -> Iterator[Secure]:
    with ExitStack() as stack:
        yield KINDS[request.param](stack)


def test_it_is_measured_backed_up_and_acted_on_by_tls(secure: Secure) -> None:
    assert secure.health().status == "up", secure.health()
    assert secure.ctx().do(take).ok
    if isinstance(secure, SecureRedis):
        assert secure.ctx().do(stop).ok
        assert secure.ctx().do(start).ok
        (line, _) = is_running(by_hand(secure))
        password = secure.node.password_file("cleo").read_text().strip()
        words = [word for word in words_of(line) if word != "--askpass"]
        said = subprocess.run(words, env={**os.environ, "REDISCLI_AUTH": password}, capture_output=True, text=True)
        assert "redis_version" in said.stdout
    elif isinstance(secure, SecureMongodb):
        assert secure.ctx().do(verify_mongodb).facts
    else:
        assert secure.ctx().do(verify_postgres).ok
        line = start_by_hand(by_hand(secure))[-1]
        password = secure.inventory().systems["postgres"].password.read()  # type: ignore[attr-defined]
        said = subprocess.run(
            words_of(line), env={**os.environ, "PGPASSWORD": password}, capture_output=True, text=True
        )
        assert "PGSSLMODE=verify-full" in words_of(line)
        assert " f " in said.stdout, said


def by_hand(secure: Secure) -> Any:
    from actions.by_hand import ByHand

    return ByHand(inventory=secure.inventory(), system=secure.name)


def told(secure: Secure, words: str, **changes: Any) -> None:
    health = secure.health(**changes)
    assert health.status == "not measured", health
    assert health.facts["reason"] == "tls"
    assert words in health.detail


def test_a_certificate_of_another_ca_is_no_server_that_is_down(secure: Secure) -> None:
    told(secure, "not by a CA that is trusted here", tls_ca_file=str(secure.other.file))
    told(secure, "cannot be read: No such file", tls_ca_file="/nowhere/ca.pem")


def test_a_certificate_for_another_name_is_told(secure: Secure) -> None:
    secure.show(secure.ca.signed("elsewhere", "db.elsewhere.example"))
    until(lambda: "for another name" in secure.health().detail)
    told(secure, "for another name")
    secure.show(secure.ca.signed("right", *GOOD))
    until(lambda: secure.health().status == "up")


def test_an_expired_certificate_is_told(secure: Secure) -> None:
    secure.show(secure.ca.signed("ending", *GOOD, lasts=timedelta(seconds=3)))  # mongod takes none that has expired
    until(lambda: "has expired" in secure.health().detail)
    told(secure, "has expired")
    secure.show(secure.ca.signed("right", *GOOD))
    until(lambda: secure.health().status == "up")


def test_ready_tells_a_certificate_that_ends_soon_and_one_that_was_renewed_and_not_loaded(secure: Secure) -> None:
    assert ready(secure).state == "ok"
    secure.show(secure.ca.signed("soon", *GOOD, lasts=timedelta(days=10, hours=1)))
    until(lambda: ": 10 days" in ready(secure).words)
    assert (ready(secure).state, ready(secure).stops) == ("wrong", False)
    shutil.copy(secure.ca.signed("right", *GOOD), secure.served)
    assert "the server still shows another one, good until" in ready(secure).words
    assert "read its file anew" in ready(secure).cure
    secure.read_anew()
    until(lambda: ready(secure).state == "ok")


def ready(secure: Secure) -> ReadyFinding:
    """What ``cleo ready`` finds of its certificate."""
    looks: TypeReady = load(system_type(secure.name).ready)
    found = {one.about: one for one in looks.look(secure.ctx(), secure.name, secure.health())}
    return found[f"certificate of {secure.name}"]


def test_where_tls_or_a_client_certificate_is_missing_that_is_told(secure: Secure) -> None:
    if isinstance(secure, SecurePostgres):
        secure.lab.psql("ALTER SYSTEM SET ssl = 'off'")
        secure.lab.psql("SELECT pg_reload_conf()")
        until(lambda: secure.health().facts.get("reason") == "tls")
        told(secure, "it does not talk TLS there")
        return
    told(secure, "client certificate", tls_certificate_file="")
    if isinstance(secure, SecureRedis):
        told(secure, "it does not talk TLS there", port=secure.node.port)
        assert "take TLS alone" in plain(secure)


def plain(secure: Secure) -> str:
    from actions.systems.redis.connection import CannotConnect, connect

    with (
        pytest.raises(CannotConnect) as refused,
        connect(secure.inventory(tls=False).systems["redis"], deadline_s=5) as client,  # type: ignore[arg-type]
    ):
        client.ping()
    return refused.value.hint
