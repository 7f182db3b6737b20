"""CleoAI's API as a service of a lab: a small stand-in that reads the three stores."""

from __future__ import annotations

from typing import Any, ClassVar

from cleo_console.lab.ports import free_port
from cleo_console.lab.service import Done, FaultKind, LabService, Order, Say, ServiceStatus
from cleo_console.lab.station import SITE_PORT, stations_of
from cleo_console.lab.validation.faults import FAULTS
from cleo_console.lab.validation.place import USER, Place
from cleo_console.lab.validation.program import SERVICE

API = "api.dr.test"
"""Its name there, as the lab's DNS has it."""
_TEXT, _COUNT = {"type": "string"}, {"type": "integer"}
_CONVERSATION = {
    "type": "object",
    "required": ["id", "title", "started_at"],
    "properties": {"id": _COUNT, "title": _TEXT, "started_at": _TEXT},
}
CONVERSATIONS = {
    "type": "object",
    "required": ["user", "conversations", "remembered", "cached"],
    "properties": {
        "user": _COUNT,
        "conversations": {"type": "array", "minItems": 1, "items": _CONVERSATION},
        "remembered": {"type": "integer", "minimum": 0},
        "cached": {"type": "boolean"},
    },
}
"""The form of the answer of its chief endpoint, as the inventory has it."""


SIDES = ("every", "exist_in")
_USERS = {"system": "postgres", "ask": {"sql": "SELECT id FROM users"}}
CHECKS: list[dict[str, Any]] = [
    {
        "name": "conversations and their users",
        "every": {"system": "postgres", "ask": {"sql": "SELECT user_id FROM conversations"}},
        "exist_in": _USERS,
    },
    {
        "name": "memories and their users",
        "every": {"system": "mongodb", "ask": {"collection": "episodic_memories", "field": "user_id"}},
        "exist_in": _USERS,
    },
    {
        "name": "cached contexts and their users",
        "every": {"system": "redis", "ask": {"keys": "user:*:context", "part": "user:([1-9][0-9]*):context"}},
        "exist_in": _USERS,
    },
]
"""What must hold between the lab's stores, as the inventory has it."""


class ApplicationService(LabService):
    """A process that signs users in and shows their conversations."""

    small_bytes: ClassVar[int] = 100_000
    at_sites: ClassVar[bool] = True
    faults: ClassVar[tuple[FaultKind, ...]] = FAULTS

    @classmethod
    def choose_settings(cls, name: str, primary: LabService | None) -> dict[str, Any]:
        """Choose a port."""
        return {"port": free_port()}

    @property
    def places(self) -> list[Place]:
        """Where everything lies: one, or one at each site."""
        name, stations = self.instance.name, stations_of(self.instance)
        at_sites = [Place(self.lab, name, SITE_PORT, site, one) for site, one in stations.items() if one.namespace]
        return at_sites or [Place(self.lab, name, self.instance.settings["port"])]

    @property
    def place(self) -> Place:
        """The one that the console validates: with two sites the one of the DR site."""
        return self.places[-1]

    @property
    def title(self) -> str:
        """What people call it."""
        return "CleoAI's API"

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"{self.place.station.address}:{self.place.port}"

    def create(self, order: Order, say: Say) -> None:
        """Make its key and its test user, and start it."""
        say(f"Starting a stand-in for {self.title} on {self.address}; it reads the lab's stores.")
        first, *others = self.places
        first.make()
        for each in others:
            each.configure(first.account())
            each.write_restart()
        self.start()

    def start(self) -> None:
        """Start its process, at each site, and wait until it answers."""
        for each in self.places:
            if each.process() is None:
                each.start()

    def stop(self) -> None:
        """End its process, at each site."""
        for each in self.places:
            each.end()

    def is_running(self) -> bool:
        """Whether its process is there."""
        return self.place.process() is not None

    def status(self) -> ServiceStatus:
        """Look at its process, and at how it was broken."""
        place = self.place
        lines = [("application", place.url), ("restart", str(place.restart))]
        trouble = [f"broken: {how}" for how in place.broken()]
        found = {f"application{f' at {each.site}' if each.site else ''}": each.process() for each in self.places}
        pids = {name: process.pid if process else None for name, process in found.items()}
        return ServiceStatus("validation", self.address, pids, {"url": place.url}, lines, trouble)

    def inventory_entry(self) -> dict[str, Any]:
        """What the console needs to validate it."""
        place = self.place
        return {
            "title": self.title,
            **(
                {"url": f"http://{API}", "connect_to": self.address, "site": place.site}
                if place.site
                else {"url": place.url}
            ),
            "says": {"service": SERVICE},
            "login": {
                "user": USER,
                "password": {"file": str(place.password)},
                "protected": "/v1/me",
                "refused": {"expired": {"file": str(place.expired)}},
                "revoke": {"command": [str(place.new_key)], "host": place.station.host},
            },
            "endpoints": [
                {"path": "/health", "within_ms": 500},
                {"path": "/v1/me", "login": True, "schema": {"type": "object", "required": ["id", "name", "plan"]}},
                {"path": "/v1/conversations", "login": True, "schema": CONVERSATIONS, "within_ms": 1000},
                {"path": "/v1/conversations", "status": 401},
            ],
            "data": [each for each in CHECKS if all((self.lab / each[side]["system"]).is_dir() for side in SIDES)],
            "load": {"seconds": 5, "baseline": str(place.baseline)},
        }

    def inject(self, kind: FaultKind) -> Done:
        """Inject a fault."""
        return kind.inject(self.place)
