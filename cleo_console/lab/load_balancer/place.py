"""Where everything of a lab's load balancer lies, and how it is configured."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cleo_console.lab.account import Account
from cleo_console.lab.station import HERE, Station
from cleo_console.lab.workspace import Workspace

BACKEND = "api"
SITES = {"primary": ("s1", "s2"), "dr": ("d1", "d2")}
"""The servers of each site."""

_CONFIG = """\
global
  maxconn 500
  stats socket {socket} mode 600 level admin expose-fd listeners
  server-state-file {state}
  hard-stop-after 10s
  nbthread 1
defaults
  mode http
  option redispatch
  timeout connect 1s
  timeout check 3s
  timeout client 60s
  timeout server 60s
  load-server-state-from-file global
frontend users
  bind {address}:{port}
  default_backend {backend}
backend {backend}
  balance roundrobin
  option httpchk GET /health
  cookie SRV insert indirect nocache
  http-response set-header X-Served-By %s
  use-server %[req.hdr(x-cleo-server)] if {{ req.hdr(x-cleo-server) -m found }} {{ src {address} }}
"""
_SERVER = "  server {name} {address} weight 100 check inter 200ms fall 2 rise 1 cookie {name}{disabled}\n"
_RELOAD = '#!/bin/sh\nexec kill -USR2 "$(cat {pid})"\n'


@dataclass(frozen=True)
class Place:
    """A load balancer of a lab.

    Args:
        lab: the lab's folder.
        name: the service's name.
        port: of its frontend.
        ports: of each server.
        program: HAProxy's program.
        station: where it runs.
        api: the application's address at each of two sites, which its servers are then; else it has some of its own.
    """

    lab: Path
    name: str
    port: int
    ports: Mapping[str, int]
    program: str
    station: Station = HERE
    api: Mapping[str, str] = field(default_factory=dict)

    @property
    def pools(self) -> dict[str, dict[str, str]]:
        """Name and address of each site's servers."""
        if self.api:
            return {site: {f"{site[0]}1": address} for site, address in self.api.items()}
        return {site: {name: f"127.0.0.1:{self.ports[name]}" for name in names} for site, names in SITES.items()}

    @property
    def frontend(self) -> str:
        """Where users come in."""
        return f"{self.station.address}:{self.port}"

    @property
    def workspace(self) -> Workspace:
        """The service's folder; everything in it is ours."""
        return Workspace(self.lab, self.name, Account("", os.geteuid(), os.getegid()), station=self.station)

    @property
    def directory(self) -> Path:
        """The service's folder."""
        return self.lab / self.name

    @property
    def socket(self) -> Path:
        """HAProxy's admin socket."""
        return self.directory / "run" / "admin.sock"

    @property
    def pid_file(self) -> Path:
        """The master process's number."""
        return self.directory / "run" / "haproxy.pid"

    @property
    def state_file(self) -> Path:
        """What a reload goes on with."""
        return self.directory / "state" / "servers"

    @property
    def config(self) -> Path:
        """HAProxy's configuration."""
        return self.directory / "etc" / "haproxy.cfg"

    @property
    def reload_script(self) -> Path:
        """What reloads it."""
        return self.directory / "bin" / "reload.sh"

    @property
    def application(self) -> Path:
        """The program of every server."""
        return self.directory / "bin" / "application.py"

    def red(self, server: str) -> Path:
        """The file that makes a server not ready."""
        return self.directory / f"{server}.red"

    def make(self) -> None:
        """Make the folder, the configuration and the scripts."""
        self.workspace.make(("state", "etc"))
        self.config.write_text(self.configuration())
        self.reload_script.write_text(_RELOAD.format(pid=shlex.quote(str(self.pid_file))))
        script = Path(__file__).parent / "scripts" / "application.py"
        self.application.write_text(script.read_text(encoding="utf-8"))
        self.state_file.write_text("1\n")

    def configuration(self) -> str:
        """Return the text of HAProxy's configuration: the servers of the DR site are disabled."""
        where = {"address": self.station.address, "port": self.port}
        head = _CONFIG.format(socket=self.socket, state=self.state_file, backend=BACKEND, **where)
        lines = [
            _SERVER.format(name=name, address=address, disabled=" disabled" if site == "dr" else "")
            for site, servers in self.pools.items()
            for name, address in servers.items()
        ]
        return head + "".join(lines)
