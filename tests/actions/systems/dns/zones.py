"""A lab with a zone alone, and its actions in a context without a runner."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from signal import SIGKILL
from typing import Any

import yaml

from actions.health import Health
from actions.inventory import load_inventory
from actions.outcome import Finding, Outcome
from actions.system_type import load
from actions.systems.dns import SYSTEM
from actions.systems.dns.examine import examine
from actions.systems.dns.probe import probe
from actions.systems.dns.settings import DnsSettings
from cleo_console.lab import Lab
from cleo_console.lab.clock import day_ahead
from cleo_console.lab.dns import server
from cleo_console.lab.dns.place import KEY, PRIMARY, RESOLVER, SECONDARY, SERVERS, ZONE, ZONE_FILE, Place, configure
from cleo_console.lab.dns.service import DnsService
from tests.actions.contexts import FakeContext
from tests.labs import lab_directory
from tests.waiting import until

_UPDATE = """
import sys
from pathlib import Path
from actions.inventory import load_inventory
from actions.systems.dns.update import update
from tests.actions.contexts import FakeContext
try:
    update.function(FakeContext(load_inventory(Path(sys.argv[1])), system="dns"))
except Exception as error:
    print(error)
"""

__all__ = ["PRIMARY", "RESOLVER", "SECONDARY", "ZONE", "DnsLab", "dns_lab"]


class DnsLab:
    """The zone, its inventory, and what is done with it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.inventory = lab.inventory_path
        service = lab.services["dns"]
        assert isinstance(service, DnsService)
        self.place: Place = service.place
        self.written = self.inventory.read_text()
        self._made = self._looks()

    @property
    def settings(self) -> DnsSettings:
        return load_inventory(self.inventory).system("dns", DnsSettings)

    def context(self, **more: Any) -> FakeContext:
        """A context in an incident of its own."""
        return FakeContext(load_inventory(self.inventory), system="dns", **more)

    def do(self, name: str, context: FakeContext | None = None, **params: Any) -> Outcome:
        """Run one of its actions."""
        return (context or self.context()).do(load(SYSTEM.actions[f"dns.{name}"]), **params)

    def health(self, deadline_s: float = 3.0) -> Health:
        """Measure it, as console and runner do."""
        return probe("dns", self.settings, None, deadline_s=deadline_s)

    def findings(self, **incident: Any) -> dict[str, str]:
        """What a closer look finds, by what it is about."""
        context = self.context(**incident)
        found = examine(context, "dns", self.health(), thorough=False).findings
        return {_about(each): f"{each.severity}: {each.text}" for each in found}

    def say(self, **settings: Any) -> None:
        """Have the inventory say something else of the zone."""
        whole = yaml.safe_load(self.inventory.read_text())
        whole["systems"]["dns"].update(settings)
        self.inventory.write_text(yaml.safe_dump(whole))

    def say_key(self, **said: str) -> None:
        """Have the inventory say something else of the key."""
        whole = yaml.safe_load(self.inventory.read_text())
        self.say(key=whole["systems"]["dns"]["key"] | said)

    def said(self) -> None:
        """Have the inventory say again what it said."""
        self.inventory.write_text(self.written)

    def values(self, name: str, kind: str = "A", at: str = PRIMARY) -> list[str]:
        """What a server has."""
        from dns.rdatatype import to_text

        answer = server.query(self.place, at, name, kind)
        own = [one for one in answer.answer if (str(one.name), to_text(one.rdtype)) == (f"{name}.", kind)]
        return sorted(rdata.to_text() for rrset in own for rdata in rrset)

    def serial(self, at: str = PRIMARY) -> int:
        """The zone's serial at a server."""
        return int(server.query(self.place, at, ZONE, "SOA").answer[0][0].serial)

    def ttl(self, name: str) -> int:
        """The TTL that the primary gives to a name's address."""
        return int(server.query(self.place, PRIMARY, name, "A").answer[0].ttl)

    def pid(self, name: str) -> int:
        """A server's process."""
        process = server.process_of(self.place, name)
        assert process
        return process.pid

    def reconfigure(self, name: str, change: Callable[[str], str]) -> None:
        """Change a server's configuration, and start it anew."""
        config = self.place.config(name)
        config.write_text(change(config.read_text()))
        self.restart(name)

    def restart(self, name: str) -> None:
        """Start a server anew."""
        server.end(self.place, name)
        server.start(self.place, name)

    def update_a_day_ahead(self) -> str:
        """What an update says on a machine whose clock is a day ahead."""
        env = {**os.environ, **day_ahead()}
        argv = [sys.executable, "-c", _UPDATE, str(self.inventory)]
        return subprocess.run(argv, env=env, capture_output=True, text=True, check=False, timeout=60).stdout

    def sign(self, *, expired: bool) -> None:
        """Sign the zone; with signatures that ended long ago, if that is said."""
        folder = self.place.folder(PRIMARY)
        server.end(self.place, PRIMARY)
        (folder / "zone.jnl").unlink(missing_ok=True)
        run = self.place.workspace.run
        keys = self.place.workspace.directory / "keys"  # where named does not look: it would sign anew by itself
        keys.mkdir(exist_ok=True)
        if not list(keys.iterdir()):
            run(["dnssec-keygen", "-q", "-K", str(keys), "-a", "ECDSAP256SHA256", "-f", "KSK", ZONE])
        [key] = keys.glob("K*.key")
        zone = folder / "zone"
        zone.write_text(ZONE_FILE + key.read_text())
        when = ["-s", "20200101000000", "-e", "20200201000000"] if expired else []
        files = ["-f", f"{zone}.signed", str(zone), str(key).removesuffix(".key")]
        run(["dnssec-signzone", "-z", "-P", "-q", *when, "-o", ZONE, *files])
        (folder / "zone.signed").replace(folder / "zone")
        server.start(self.place, PRIMARY)

    def parent(self, ds: str) -> None:
        """Have the secondary serve the parent zone, too, with a DS; the inventory names it as one of the parent's."""
        parent = ZONE.partition(".")[2]
        text = f"@ 30 IN SOA ns1.{ZONE}. a.{ZONE}. 1 60 10 3600 30\n@ 30 IN NS ns1.{ZONE}.\n"
        text += f"{ZONE}. 30 IN NS {PRIMARY}.\nns1.{ZONE}. 30 IN A 127.0.0.1\n{ZONE}. 30 IN DS {ds}\n"
        (self.place.folder(SECONDARY) / "parent").write_text(text)
        zone = f'zone "{parent}" {{ type primary; file "parent"; }};\n'
        self.reconfigure(SECONDARY, lambda config: config.replace(zone, "") + zone)
        first = {"name": PRIMARY, "address": "127.0.0.1", "port": self.place.ports[PRIMARY]}
        parents = [{"name": "a.test", "address": "127.0.0.1", "port": self.place.ports[SECONDARY]}]
        self.say(parents=parents, servers=[first])  # the other one keeps the zone of before: its serial is ahead

    @property
    def ds(self) -> str:
        """The DS of the zone's key."""
        import dns.dnssec
        import dns.rdata

        key = dns.rdata.from_text("IN", "DNSKEY", " ".join(self.trust_anchor))
        return dns.dnssec.make_ds(f"{ZONE}.", key, "SHA256").to_text()

    def unsign(self) -> None:
        """Have the primary serve the zone as it was before it was signed, as a copy of it puts it back."""
        folder = self.place.folder(PRIMARY)
        server.end(self.place, PRIMARY)
        (folder / "zone").write_text(ZONE_FILE)
        (folder / "zone.jnl").unlink(missing_ok=True)
        server.start(self.place, PRIMARY)

    @property
    def trust_anchor(self) -> list[str]:
        """The zone's key, as a DNSKEY record has it: flags, protocol, algorithm, key."""
        [key] = (self.place.workspace.directory / "keys").glob("K*.key")
        return key.read_text().splitlines()[-1].partition("DNSKEY")[2].split()

    def validate(self) -> None:
        """Have the resolver refuse what is not signed by the zone's key, and forget within a second."""
        flags, protocol, algorithm, *key = self.trust_anchor
        anchor = f'trust-anchors {{ "{ZONE}" static-key {flags} {protocol} {algorithm} "{"".join(key)}"; }};'
        says = "dnssec-validation yes; max-cache-ttl 1; max-ncache-ttl 1; servfail-ttl 0;"
        behind = f"127.0.0.1 port {self.place.ports[SECONDARY]};"  # which keeps the zone of before: its serial is ahead

        def change(text: str) -> str:
            alone = text.replace("max-ncache-ttl 20;", "").replace(behind, "")
            return alone.replace("dnssec-validation no;", says) + anchor

        self.reconfigure(RESOLVER, change)

    def as_it_was(self) -> None:
        """Have the zone, its servers and the inventory be as they were made."""
        self.said()
        if self._looks() != self._made:
            self._make_anew()
        lines = [words for words in map(str.split, ZONE_FILE.splitlines()[2:]) if words[2] != "SOA"]
        names: dict[str, list[tuple[int, str, str]]] = {
            name: [] for name in ("*.dr.test", "dr.test", "www.dr.test", "api.dr.test", "try.dr.test")
        }
        for owner, _, kind, *value in lines:
            own = names.get("dr.test" if owner == "@" else f"{owner}.dr.test", [])
            own.append((30, kind, " ".join(value)))
        self.change_all(names)

    def _looks(self) -> object:
        """Who runs, by which configuration, and the key."""
        found = {name: server.process_of(self.place, name) for name in SERVERS}
        files = [*(self.place.config(name) for name in SERVERS), self.place.key_file]
        return found, [file.read_text() for file in files]

    def _make_anew(self) -> None:
        for name in SERVERS:
            if server.process_of(self.place, name):
                server.end(self.place, name, SIGKILL)
            for left in ("zone", "zone.jnl", "zone.jbk"):
                (self.place.folder(name) / left).unlink(missing_ok=True)
        configure(self.place)
        server.start_all(self.place)
        self._made = self._looks()

    def change(self, name: str, *sets: tuple[int, str, str]) -> None:
        """Change a name as somebody else would: each set is TTL, type and value; none removes the name."""
        self.change_all({name: sets})

    def change_all(self, names: Mapping[str, Sequence[tuple[int, str, str]]]) -> None:
        """Change several names at once."""
        import dns.query
        import dns.tsig
        import dns.update

        assert self.settings.key
        key = dns.tsig.Key(KEY, self.settings.key.secret.read())
        update = dns.update.UpdateMessage(ZONE, keyring=key)
        for name, sets in names.items():
            if name != ZONE:
                update.delete(f"{name}.")
            for ttl, kind, value in sets:
                update.add(f"{name}.", ttl, kind, value if "." in value or ":" in value else f"{value}.{ZONE}.")
            for left in set(self.values(name, "NS")) - {value for _, _, value in sets} if name == ZONE else ():
                update.delete(f"{name}.", "NS", left)
        answer = dns.query.tcp(update, "127.0.0.1", 5, self.place.ports[PRIMARY])
        assert answer.rcode() == 0, answer
        until(lambda: self.serial(SECONDARY) == self.serial())


def _about(finding: Finding) -> str:
    """What a finding is about, with the type that it begins with."""
    kind = re.match(r"(A|AAAA|CNAME|HTTPS)\b", finding.text)
    return f"{finding.about} {kind[1]}" if kind and not finding.about.startswith("*") else finding.about


@contextmanager
def dns_lab() -> Iterator[DnsLab]:
    """A lab that has a zone and nothing else."""
    with lab_directory() as directory:
        yield DnsLab(Lab.up(directory, systems=["dns"]))
