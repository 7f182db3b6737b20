"""One SSH connection, reused for all requests and reopened when it breaks."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

from actions.account import expanded
from actions.transport.errors import NothingStarted, NotLetIn, TransportLost, Unreachable
from actions.transport.event_loop import shared
from actions.transport.hosts import SshHost
from actions.transport.link import STILL_THERE, Answer
from actions.transport.scripts import command
from actions.transport.silence import Silence
from actions.transport.warm import Warm

if TYPE_CHECKING:
    import asyncssh

_KEEPALIVE_S = 2
_KEEPALIVE_MISSED = 2
"""A frozen peer is given up after interval × (missed + 1) = 6 s; the promise is 10 s."""
_SSH_PORT = 22
"""A port that ``known_hosts`` does not name with its host."""
_SESSIONS = 8
"""Sessions at once on one connection; sshd's default limit is 10."""


class SshLink:
    """The way to one host. Safe to use from several threads.

    Args:
        spec: the host.
        silence, warm: see `actions.transport.ways.Ways`; None: this link knows of no other.
    """

    def __init__(self, spec: SshHost, silence: Silence | None = None, warm: Warm | None = None) -> None:
        self._spec, self._silence, self._warm = spec, silence, warm
        self._in_use, self._given_up = 0, False
        self.name = f"ssh {spec.host}"
        self.address = f"ssh {f'{spec.user}@' if spec.user else ''}{spec.host} port {spec.port}"
        self.relink_s = spec.relink_s
        self.connections = 0
        self.connection_fault = ""
        self._connection: asyncssh.SSHClientConnection | None = None
        self._connecting = asyncio.Lock()
        self._sessions = asyncio.Semaphore(_SESSIONS)

    def run(self, script: bytes, *, timeout_s: float, stdin: bytes = b"") -> Answer:
        """Run a script there and return its answer.

        Raises:
            Unreachable: nothing was started.
            TransportLost: the link broke, or no answer came within ``timeout_s`` seconds; what was sent may
                have had its effect.
        """
        return shared().run(self._counted(script, stdin, timeout_s))

    def close(self) -> None:
        """Give the connection up, once no request is under way: to whoever is next, else it is closed."""
        shared().run(self._give_up())

    async def _give_up(self) -> None:
        self._given_up = True
        connection = self._connection
        if connection is None or self._in_use:
            return
        self._connection = None
        if self._warm and not connection.is_closed():
            self._warm.keep(self._spec, connection)
        else:
            connection.close()

    async def _counted(self, script: bytes, stdin: bytes, timeout_s: float) -> Answer:
        """Count what is under way: what is used after it was given up is given up again."""
        self._in_use += 1
        try:
            return await self._run(script, stdin, timeout_s)
        finally:
            self._in_use -= 1
            if self._given_up:
                await self._give_up()

    async def _run(self, script: bytes, stdin: bytes, timeout_s: float) -> Answer:
        import asyncssh

        async with self._sessions:
            connection, process = await self._open(command(script))
            try:
                out, err = await asyncio.wait_for(_talk(process, script + stdin), timeout_s)
            except TimeoutError:
                self._drop(connection)
                raise self._lost(f"no answer within {timeout_s:g} s") from None
            except (OSError, asyncssh.Error) as error:
                self._drop(connection)
                raise self._lost(str(error)) from error
        code = process.returncode
        if code is None:
            self._drop(connection)
            raise self._lost("the connection ended before the answer")
        self.connection_fault = ""
        return Answer(code, _bytes(out), _bytes(err))

    async def _open(self, line: str) -> tuple[asyncssh.SSHClientConnection, asyncssh.SSHClientProcess[bytes]]:
        """Open a session. Until it is open nothing was sent, so a stale connection is simply replaced once."""
        import asyncssh

        for last in (False, True):
            connection = await self._connected()
            try:
                opening = connection.create_process(line, encoding=None)
                return connection, await asyncio.wait_for(opening, self._spec.connect_timeout_s)
            except (OSError, asyncssh.Error, TimeoutError) as error:
                self._drop(connection)
                trouble = self._unreachable(str(error) or "it accepts no session")
                if last:
                    raise trouble from error
        raise AssertionError("unreachable")

    async def _connected(self) -> asyncssh.SSHClientConnection:
        async with self._connecting:
            if self._connection is None or self._connection.is_closed():
                warm = self._warm.take(self._spec) if self._warm else None
                self._connection = warm or await self._connect()
                self.connections += 1
            return self._connection

    async def _connect(self) -> asyncssh.SSHClientConnection:
        import asyncssh

        spec, began = self._spec, time.monotonic()
        if self._silence and (silent := self._silence.of(spec)):
            raise self._unreachable(silent)
        try:
            return await asyncssh.connect(
                spec.host,
                spec.port,
                username=spec.user or (),
                client_keys=[_present(spec.key, "key")] if spec.key else (),
                known_hosts=str(self._known_hosts()),
                config=None,
                password=None,
                connect_timeout=spec.connect_timeout_s,
                login_timeout=spec.connect_timeout_s,
                keepalive_interval=_KEEPALIVE_S,
                keepalive_count_max=_KEEPALIVE_MISSED,
            )
        except asyncssh.HostKeyNotVerifiable as error:
            raise self._changed() if self._has_a_key() else self._untrusted() from error
        except asyncssh.PermissionDenied as error:
            raise NotLetIn(
                f"{self._where()} does not let {spec.user or 'us'} log in.",
                "Check the user and key in the inventory, and that the key is in authorized_keys there.",
            ) from error
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
            raise NotLetIn(f"The key {spec.key} cannot be used: {error}.", "Add it to ssh-agent first.") from error
        except (OSError, asyncssh.Error, TimeoutError) as error:
            why = str(error) or "no answer"
            if self._silence:
                self._silence.note(spec, why, time.monotonic() - began)
            raise self._unreachable(why) from error

    def _known_hosts(self) -> Path:
        path = expanded(self._spec.known_hosts or "~/.ssh/known_hosts", "Name known_hosts: in the inventory.")
        if not path.is_file():
            raise self._untrusted(asked=False)
        return path

    def _untrusted(self, *, asked: bool = True) -> NotLetIn:
        spec = self._spec
        file = spec.known_hosts or "~/.ssh/known_hosts"
        return NotLetIn(
            f"The key that {self._where()} shows is not in {file}: it may be another machine."
            if asked
            else f"{self._where()} was not asked: there is no {file} here to compare its key with.",
            f"Compare its fingerprint with the host's own, then: ssh-keyscan -p {spec.port} {spec.host} >> {file}",
        )

    def _has_a_key(self) -> bool:
        """Whether the file has a key of the host, under the name that the inventory has."""
        import asyncssh

        try:
            ours, *_ = asyncssh.match_known_hosts(str(self._known_hosts()), self._spec.host, "", self._spec.port)
        except (OSError, ValueError):
            return False
        return bool(ours)

    def _changed(self) -> NotLetIn:
        spec = self._spec
        file, name = spec.known_hosts or "~/.ssh/known_hosts", spec.host
        named = name if spec.port == _SSH_PORT else f"'[{name}]:{spec.port}'"
        return NotLetIn(
            f"The key that {self._where()} shows is another one than {file} has: it was changed, or this is another "
            "machine.",
            f"Compare its fingerprint with the host's own, and ask who changed it. Where that was meant: "
            f"ssh-keygen -f {file} -R {named}, then: ssh-keyscan -p {spec.port} {name} >> {file}",
        )

    def _unreachable(self, why: str) -> Unreachable:
        self.connection_fault = f"{self._where()} cannot be reached: {why}."
        return Unreachable(self.connection_fault, "Check that it is up, and the way to it.")

    def _lost(self, why: str) -> TransportLost:
        self.connection_fault = f"The link to {self._where()} was lost: {why}."
        return TransportLost(self.connection_fault, STILL_THERE)

    def _where(self) -> str:
        return f"{self._spec.host} port {self._spec.port}"

    def _drop(self, connection: asyncssh.SSHClientConnection) -> None:
        """Let go of a connection that cannot be trusted any more, without waiting for its peer."""
        connection.abort()
        if self._connection is connection:
            self._connection = None


async def _talk(process: asyncssh.SSHClientProcess[bytes], words: bytes) -> tuple[bytes | str, bytes | str]:
    """Send what is to be sent and return what was answered, also by a program that ended before it could read."""
    try:
        return await process.communicate(words)
    except BrokenPipeError:
        return await process.communicate()


def _present(path: str, what: str) -> str:
    found = expanded(path)
    if not found.is_file():
        raise NothingStarted(f"There is no {what} {path} on this machine.", "Correct it in the inventory.")
    return str(found)


def _bytes(data: bytes | str | None) -> bytes:
    return data if isinstance(data, bytes) else b""
