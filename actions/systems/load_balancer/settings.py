"""What an inventory says of a load balancer."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from actions.secrets import Secret
from actions.settings import Settings, SystemSettings

_WORD = re.compile(r"[A-Za-z0-9_.:-]+")
_ARN = r"arn:[a-z-]+:elasticloadbalancing:[a-z0-9-]+:[0-9]+:{}/[A-Za-z0-9/-]+"


class PoolServer(Settings, frozen=True, kw_only=True):
    """One server of a pool.

    Attributes:
        name: as HAProxy's configuration has it.
        address: where it listens, ``10.2.0.11:8080`` or ``[2001:db8::11]:8080``; HAProxy is set to it where it differs.
            At an ELBv2 the ARN of a target group, which is moved as a whole.
    """

    name: str
    address: str

    def __post_init__(self) -> None:
        """Refuse what HAProxy would read as more than one word, and an address without its port."""
        if not _WORD.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name of a server")
        if not self.is_group and not re.fullmatch(r"[0-9.]+:[0-9]+|\[[0-9A-Fa-f:.]+\]:[0-9]+", self.address):
            raise ValueError(f"{self.address!r} is to be an IP address with its port")

    @property
    def is_group(self) -> bool:
        """Whether it is a target group of an ELBv2."""
        return re.fullmatch(_ARN.format("targetgroup"), self.address) is not None


class Elbv2Settings(Settings, frozen=True, kw_only=True):
    """A load balancer of AWS (ELBv2), application or network, asked and told through its API from cleo's machine.

    Attributes:
        load_balancer: its ARN.
        listener: the ARN of its listener whose default action sends users to target groups.
        rule: the ARN of a rule of that listener, whose action is changed instead; empty: the default action. A network
            load balancer has none.
        tests: of a network load balancer, by target group's name the address of a listener that forwards to that group
            alone, ``http://10.0.0.5:8081``: no rule can lead a test request to it.
        endpoint: the API's address; empty: Amazon's.
        credentials: a file on that machine that only its owner can read, as AWS's own programs have it; empty: whatever
            boto3 finds there (a role).
        profile: which section of it.
        certificates: a file there with the certificates to trust; empty: the usual ones.
    """

    load_balancer: str
    listener: str
    rule: str = ""
    tests: dict[str, str] = {}
    endpoint: str = ""
    credentials: str = ""
    profile: str = "default"
    certificates: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no ARN of its kind, and a listener or rule of another load balancer."""
        for arn, kind in ((self.load_balancer, "loadbalancer"), (self.listener, "listener")):
            if not re.fullmatch(_ARN.format(f"{kind}/(app|net)"), arn):
                raise ValueError(f"{arn!r} is to be the ARN of a {kind}/app (application) or {kind}/net (network)")
        if self.network and self.rule:
            raise ValueError("a network load balancer has no rules: only its listener's default action")
        if not self.listener.startswith(self.load_balancer.replace(":loadbalancer/", ":listener/") + "/"):
            raise ValueError(f"{self.listener} is no listener of {self.load_balancer}")
        if self.rule and not self.rule.startswith(self.listener.replace(":listener/", ":listener-rule/") + "/"):
            raise ValueError(f"{self.rule} is no rule of {self.listener}")

    @property
    def network(self) -> bool:
        """Whether it is a network load balancer: it forwards connections, and answers nothing itself."""
        return ":loadbalancer/net/" in self.load_balancer

    @property
    def region(self) -> str:
        """The region, as the ARN has it."""
        return self.load_balancer.split(":")[3]

    @property
    def account(self) -> str:
        """The account, as the ARN has it."""
        return self.load_balancer.split(":")[4]

    @property
    def changed(self) -> str:
        """The ARN of what is changed: the rule, else the listener."""
        return self.rule or self.listener


class LoadBalancerSettings(SystemSettings, frozen=True, kw_only=True, tag="load_balancer", tag_field="type"):
    """One backend of an HAProxy, with the servers of each site in it; or an ELBv2, with the target groups of each site.

    Attributes:
        host: the host that HAProxy runs on; an ELBv2 has none.
        provider: ``haproxy``, or ``elbv2``, which is then described under ``elbv2:``; another kind of load balancer is
            refused.
        elbv2: an application load balancer of AWS.
        socket: HAProxy's admin socket on that host, or ``127.0.0.1:9999`` where it listens on TCP.
        backend: HAProxy's backend that users are served by.
        pools: the servers of each site, by the site's name (``primary``, ``dr``).
        home: the site of these whose servers users are served by while nothing is lost; where the load balancer itself
            stands is its ``site``.
        one_primary: whether the servers of all sites write to one primary database. Only then are users moved by steps;
            else the old site's servers are taken out first (load_balancer.isolate).
        steps: percent of the users that a move gives to the new site, one after the other; the last is 100.
        step_s: seconds that each step is watched for.
        max_error_rate: the share of failed requests at which a step is taken back, 0 to 1.
        drain_s: seconds that sessions get to end, before a person decides.
        health_s: seconds that a server gets to pass its first check; of an ELBv2 not less than its check's interval
            times the checks that must pass.
        frontend: the address that requests are tried at, from HAProxy's host: ``http://127.0.0.1:80``; in front of a
            database ``tcp://10.1.0.5:5432``, as it is reached from this machine. From there an ELBv2 is asked, too.
        leads_to: where it stands in front of a database (mode tcp): which of its servers each server of the inventory
            is, by that one's name. Only the primary's is ready then (load_balancer.repoint).
        count_s: seconds that sessions at another database server get to end before they are told as left.
        database, user, user_password: who asks through it which database server answers; without a user, cleo's own.
        ready: the path that tells whether a server can serve, its databases included.
        host_header: the Host that such a request has; empty: that of the address.
        ask_for: the request header by which HAProxy's configuration sends a request to the server that it names; at an
            ELBv2 a rule of the listener for each target group does.
        served_by: the response header in which HAProxy's configuration says which server answered; behind an ELBv2 the
            application names there its target group, as the pool does.
        config: HAProxy's configuration file.
        state_file: its ``server-state-file``, so that a reload keeps what was set.
        program: haproxy's own program there.
        reload: the command that reloads it.
        run_as: the account that may use the socket and write the state file; empty: the one that we log in as.
        python: the Python 3 there.
    """

    provider: str = "haproxy"
    elbv2: Elbv2Settings | None = None
    socket: str = "/run/haproxy/admin.sock"
    backend: str = ""
    pools: Annotated[dict[str, list[PoolServer]], msgspec.Meta(min_length=1)]
    home: str = "primary"
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
        self._check_provider()
        names = [server.name for pool in self.pools.values() for server in pool]
        if len(set(names)) < len(names) or not all(self.pools.values()):
            raise ValueError("every pool is to have a server, and no server is to be in two pools")
        if self.home not in self.pools:
            raise ValueError(f"there is no pool of its home, {self.home}")
        if sorted(set(self.steps)) != self.steps or self.steps[-1:] != [100]:
            raise ValueError("steps are to rise, and to end at 100")
        if strangers := set(self.leads_to.values()) - set(names):
            raise ValueError(f"leads_to names a server that is in no pool: {', '.join(sorted(strangers))}")
        if self.leads_to and not re.fullmatch(r"tcp://.+:[0-9]+", self.frontend):
            raise ValueError("the frontend of a database is to be tcp:// with address and port")
        if not self.leads_to and not self.frontend.startswith(("http://", "https://")):
            raise ValueError("the frontend is to be http:// or https:// and its address")

    def _check_provider(self) -> None:
        """Refuse what the provider does not have, or cannot do."""
        groups = [server.is_group for pool in self.pools.values() for server in pool]
        if self.provider not in ("haproxy", "elbv2"):
            words = f"the provider {self.provider} cannot be acted on, only haproxy and elbv2: do its steps by hand"
            raise ValueError(words)
        if (self.provider == "elbv2") != (self.elbv2 is not None):
            raise ValueError("provider: elbv2 and elbv2: go together")
        if self.elbv2 and (self.host or self.backend or self.leads_to or not all(groups)):
            raise ValueError("an elbv2 has no host, no backend, no leads_to, and target groups (ARNs) in its pools")
        if not self.elbv2 and any(groups):
            raise ValueError("target groups (ARNs) are an elbv2's")
        if not self.elbv2 and not self.host:
            raise ValueError("the host that HAProxy runs on is to be named (host)")
        if not self.elbv2 and not _WORD.fullmatch(self.backend):
            raise ValueError(f"{self.backend!r} is no name of a backend")

    @property
    def servers(self) -> dict[str, PoolServer]:
        """Every server of every pool, by name."""
        return {server.name: server for pool in self.pools.values() for server in pool}

    def place(self) -> str:
        """Return socket and backend, or the ARN of what is changed."""
        return self.elbv2.changed if self.elbv2 else f"{self.socket} {self.backend}"


State = Literal["ready", "drain", "maint"]
"""What HAProxy can be told that a server is for: users; those who hold its cookie; nobody."""
