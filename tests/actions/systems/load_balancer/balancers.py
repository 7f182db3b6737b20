"""A lab with a load balancer alone, its actions in a context without a runner, and a client that counts."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from actions.health import Health
from actions.inventory import load_inventory
from actions.outcome import Outcome
from actions.system_type import load
from actions.systems.load_balancer import SYSTEM
from actions.systems.load_balancer.balancer import Balancer
from actions.systems.load_balancer.probe import probe
from actions.systems.load_balancer.seen import Seen
from actions.systems.load_balancer.settings import LoadBalancerSettings
from actions.transport import open_transport
from cleo_console.lab import Lab
from cleo_console.lab.load_balancer.place import Place
from cleo_console.lab.load_balancer.service import LoadBalancerService
from tests.actions.contexts import FakeContext
from tests.labs import lab_directory

NAME = "load_balancer"


class BalancerLab:
    """The load balancer, its inventory, and what is done with it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.inventory = lab.inventory_path
        service = lab.services[NAME]
        assert isinstance(service, LoadBalancerService)
        self.service = service
        self.place: Place = service.place

    def context(self, **more: Any) -> FakeContext:
        """A context in an incident."""
        return FakeContext(load_inventory(self.inventory), system=NAME, **more)

    def do(self, name: str, context: FakeContext | None = None, **params: Any) -> Outcome:
        """Run one of its actions."""
        return (context or self.context()).do(load(SYSTEM.actions[f"{NAME}.{name}"]), **params)

    def look(self) -> Seen:
        """What HAProxy says of its servers."""
        return Balancer(self.context(), NAME).look()

    def settings_now(self) -> Mapping[str, tuple[str, int]]:
        """State and weight of every server."""
        return {name: (one.state, one.weight) for name, one in self.look().servers.items()}

    def health(self) -> Health:
        """Measure it, as console and runner do."""
        inventory = load_inventory(self.inventory)
        settings = inventory.system(NAME, LoadBalancerSettings)
        return probe(NAME, settings, open_transport(inventory.host(settings.host)), deadline_s=10)

    def set_inventory(self, before: str, after: str) -> None:
        """Change the inventory."""
        text = self.inventory.read_text()
        assert before in text
        self.inventory.write_text(text.replace(before, after))

    def break_(self, how: str) -> None:
        """Inject a fault."""
        self.lab.break_(NAME, how)

    @contextmanager
    def users(self, *, cookie: str = "") -> Iterator[Counter[str]]:
        """A client in a loop, one request after the other: counts who answered, and what failed."""
        seen, over = Counter[str](), threading.Event()

        def ask() -> None:
            while not over.wait(0.01):  # as fast as a person clicks, times ten
                seen[request(self.place.port, "/", cookie)] += 1

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        try:
            yield seen
        finally:
            over.set()
            thread.join()


def request(port: int, path: str = "/", cookie: str = "") -> str:
    """Send one request through the frontend; return who answered, or how it failed."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        link.request("GET", path, headers={"Cookie": f"SRV={cookie}"} if cookie else {})
        answer = link.getresponse()
        answer.read()
        return answer.getheader("X-Served-By", "nobody") if answer.status == 200 else f"HTTP {answer.status}"
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        link.close()


def wait_until(true: Any, what: str, seconds: float = 15.0) -> None:
    """Wait for a state."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@contextmanager
def balancer_lab() -> Iterator[BalancerLab]:
    """A lab with a load balancer alone, and nothing left of it afterwards."""
    with lab_directory() as directory:
        found = BalancerLab(Lab.up(directory, systems=[NAME]))
        found.set_inventory("step_s: 3.0", "step_s: 0.2")
        found.set_inventory("drain_s: 5.0", "drain_s: 1.5")
        yield found
