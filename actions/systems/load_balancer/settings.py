"""What an inventory says of a load balancer."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from actions.secrets import Secret
from actions.settings import Settings, SystemSettings

_WORD = re.compile(r"[A-Za-z0-9_.:-]+")


class PoolServer(Settings, frozen=True, kw_only=True):
    """One server of a pool.

    Attributes:
        name: as HAProxy's configuration has it.
        address: where it listens, ``10.2.0.11:8080`` or ``[2001:db8::11]:8080``; HAProxy is set to it where it differs.
    """

    name: str
    address: str

    def __post_init__(self) -> None:
        """Refuse what HAProxy would read as more than one word, and an address without its port."""
        if not _WORD.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name of a server")
        if not re.fullmatch(r"[0-9.]+:[0-9]+|\[[0-9A-Fa-f:.]+\]:[0-9]+", self.address):
            raise ValueError(f"{self.address!r} is to be an IP address with its port")


class LoadBalancerSettings(SystemSettings, frozen=True, kw_only=True, tag="load_balancer", tag_field="type"):
    """One backend of an HAProxy, with the servers of each site in it.

    Attributes:
        host: the host that it runs on.
        provider: ``haproxy``; another kind of load balancer is refused.
        socket: HAProxy's admin socket on that host, or ``127.0.0.1:9999`` where it listens on TCP.
        backend: the backend that users are served by.
        pools: the servers of each site, by the site's name (``primary``, ``dr``).
        one_primary: whether the servers of all sites write to one primary database. Only then are users moved by steps;
            else the old site's servers are taken out first (load_balancer.isolate).
        steps: percent of the users that a move gives to the new site, one after the other; the last is 100.
        step_s: seconds that each step is watched for.
        max_error_rate: the share of failed requests at which a step is taken back, 0 to 1.
        drain_s: seconds that sessions get to end, before a person decides.
        health_s: seconds that a server gets to pass its first check.
        frontend: the address that requests are tried at, from HAProxy's host: ``http://127.0.0.1:80``; in front of a
            database ``tcp://10.1.0.5:5432``, as it is reached from this machine.
        leads_to: where it stands in front of a database (mode tcp): which of its servers each server of the inventory
            is, by that one's name. Only the primary's is ready then (load_balancer.repoint).
        count_s: seconds that sessions at another database server get to end before they are told as left.
        database, user, user_password: who asks through it which database server answers; without a user, cleo's own.
        ready: the path that tells whether a server can serve, its databases included.
        host_header: the Host that such a request has; empty: that of the address.
        ask_for: the request header by which HAProxy's configuration sends a request to the server that it names.
        served_by: the response header in which HAProxy's configuration says which server answered.
        config: HAProxy's configuration file.
        state_file: its ``server-state-file``, so that a reload keeps what was set.
        program: haproxy's own program there.
        reload: the command that reloads it.
        run_as: the account that may use the socket and write the state file; empty: the one that we log in as.
        python: the Python 3 there.
    """

    host: str
    provider: str = "haproxy"
    socket: str = "/run/haproxy/admin.sock"
    backend: str
    pools: Annotated[dict[str, list[PoolServer]], msgspec.Meta(min_length=1)]
    one_primary: bool = False
    steps: list[Annotated[int, msgspec.Meta(ge=1, le=100)]] = msgspec.field(default_factory=lambda: [5, 25, 100])
    step_s: Annotated[float, msgspec.Meta(gt=0)] = 60.0
    max_error_rate: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.02
    drain_s: Annotated[float, msgspec.Meta(ge=0)] = 60.0
    health_s: Annotated[float, msgspec.Meta(gt=0)] = 30.0
    frontend: str
    leads_to: dict[str, str] = {}
    count_s: Annotated[float, msgspec.Meta(ge=0)] = 10.0
    database: str = ""
    user: str = ""
    user_password: Secret | None = None
    ready: str = "/ready"
    host_header: str = ""
    ask_for: str = "X-Cleo-Server"
    served_by: str = "X-Served-By"
    config: str = "/etc/haproxy/haproxy.cfg"
    state_file: str = "/var/lib/haproxy/server-state"
    program: str = "/usr/sbin/haproxy"
    reload: Annotated[list[str], msgspec.Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: ["systemctl", "reload", "haproxy"]
    )
    run_as: str = ""
    python: str = "python3"

    def __post_init__(self) -> None:
        """Refuse what would be acted on otherwise than it reads."""
        if self.provider != "haproxy":
            raise ValueError(f"the provider {self.provider} cannot be acted on, only haproxy: do its steps by hand")
        if not _WORD.fullmatch(self.backend):
            raise ValueError(f"{self.backend!r} is no name of a backend")
        names = [server.name for pool in self.pools.values() for server in pool]
        if len(set(names)) < len(names) or not all(self.pools.values()):
            raise ValueError("every pool is to have a server, and no server is to be in two pools")
        if self.site not in self.pools:
            raise ValueError(f"there is no pool of its own site, {self.site}")
        if sorted(set(self.steps)) != self.steps or self.steps[-1:] != [100]:
            raise ValueError("steps are to rise, and to end at 100")
        if strangers := set(self.leads_to.values()) - set(names):
            raise ValueError(f"leads_to names a server that is in no pool: {', '.join(sorted(strangers))}")
        if self.leads_to and not re.fullmatch(r"tcp://.+:[0-9]+", self.frontend):
            raise ValueError("the frontend of a database is to be tcp:// with address and port")
        if not self.leads_to and not self.frontend.startswith(("http://", "https://")):
            raise ValueError("the frontend is to be http:// or https:// and its address")

    @property
    def servers(self) -> dict[str, PoolServer]:
        """Every server of every pool, by name."""
        return {server.name: server for pool in self.pools.values() for server in pool}

    def place(self) -> str:
        """Return socket and backend."""
        return f"{self.socket} {self.backend}"


State = Literal["ready", "drain", "maint"]
"""What HAProxy can be told that a server is for: users; those who hold its cookie; nobody."""
