"""A zone's signatures by a resolver that says why it refuses them (unbound): what is told is what the zone shows."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cleo_console.lab.ports import free_port
from tests.actions.systems.dns.zones import PRIMARY, ZONE, DnsLab, dns_lab
from tests.waiting import until

_CONFIGURATION = """
server:
  interface: 127.0.0.1@{port}
  port: {port}
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/pid"
  use-syslog: no
  logfile: "{folder}/log"
  do-daemonize: no
  do-not-query-localhost: no
  local-zone: "test." nodefault
  ede: yes
  module-config: "validator iterator"
  trust-anchor: "{zone}. DNSKEY {anchor}"
  cache-max-ttl: 1
  cache-max-negative-ttl: 1
  val-bogus-ttl: {keeps}
remote-control:
  control-enable: no
stub-zone:
  name: "{zone}"
  stub-addr: 127.0.0.1@{primary}
"""


@contextmanager
def validating(dns: DnsLab, folder: Path, keeps: int) -> Iterator[None]:
    """Have unbound be the zone's resolver; `keeps`: seconds for which it keeps a refusal."""
    port = free_port()
    said = _CONFIGURATION.format(
        port=port,
        folder=folder,
        zone=ZONE,
        anchor=" ".join(dns.trust_anchor),
        primary=dns.place.ports[PRIMARY],
        keeps=keeps,
    )
    (folder / "unbound.conf").write_text(said)
    process = subprocess.Popen(["unbound", "-c", str(folder / "unbound.conf")])
    dns.say(resolvers=[{"name": "unbound", "address": "127.0.0.1", "port": port}])
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _told(dns: DnsLab) -> str:
    return " ".join(each.text for each in dns.do("look").findings if each.about == "unbound")


def test_what_is_told_is_what_the_zone_shows(tmp_path: Path) -> None:
    with dns_lab() as dns:
        dns.sign(expired=False)
        with validating(dns, tmp_path, keeps=1):
            until(lambda: not _told(dns))
            dns.sign(expired=True)
            until(lambda: "the signatures have expired" in _told(dns))
            dns.unsign()
            until(lambda: "there are no signatures" in _told(dns))
            dns.sign(expired=False)
            until(lambda: not _told(dns))


def test_a_refusal_that_is_kept_is_told_from_one_that_the_zone_deserves(tmp_path: Path) -> None:
    with dns_lab() as dns:
        dns.sign(expired=True)
        with validating(dns, tmp_path, keeps=600):
            until(lambda: "the signatures have expired" in _told(dns))
            dns.sign(expired=False)
            until(lambda: "it keeps an earlier refusal" in _told(dns))


pytestmark = pytest.mark.timeout(300)
