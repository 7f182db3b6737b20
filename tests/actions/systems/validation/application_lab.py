"""The three stores of a lab, and the stand-in for CleoAI's API that reads them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import yaml

from cleo_console.lab.service_types import STORES
from cleo_console.lab.validation.place import Place
from cleo_console.lab.validation.service import ApplicationService
from cleo_contract.incident import Work
from journal.incident.records import Run
from tests.lab_template import copied_lab
from tests.labs import Lab, remove_abandoned_labs

Entry = dict[str, Any]


class ApplicationLab:
    """A running lab with the application, and an incident about it.

    Args:
        lab: the lab.
        home: for incidents of their own.
        open_: an incident about it, with a runner.
    """

    def __init__(self, lab: Lab, home: Path, open_: Work) -> None:
        self.lab = lab
        self.home = home
        self.open = open_

    @property
    def place(self) -> Place:
        """The application's folder and process."""
        service = self.lab.services["validation"]
        assert isinstance(service, ApplicationService)
        return service.place

    @contextmanager
    def broken(self, how: str) -> Iterator[None]:
        """Have the application broken for the length of the block."""
        self.lab.break_("validation", how)
        try:
            yield
        finally:
            self.place.faults.unlink(missing_ok=True)
            if self.place.process() is None:
                self.place.start()

    def run(self, action: str, change: Callable[[Entry], object] | None = None, **asked: Any) -> Run:
        """Run one action and return how it ended; `change` alters the application in the inventory meanwhile."""
        said = yaml.safe_load(self.lab.inventory_path.read_text())
        if change:
            change(said["systems"]["validation"])
        with self._work(said) if change else nullcontext(self.open) as work:
            return work.do(action, **asked)

    def output(self, run: Run) -> str:
        """What a run without a change printed."""
        return self.open.output(run.id)

    @contextmanager
    def _work(self, said: Entry) -> Iterator[Work]:
        home = Path(tempfile.mkdtemp(dir=self.home))
        (home / "inventory.yaml").write_text(yaml.safe_dump(said))
        with Work(home / "work", home / "inventory.yaml", "validation") as work, work.runner():
            yield work


@contextmanager
def application_lab(home: Path) -> Iterator[ApplicationLab]:
    """A lab of the three stores with the application, and an open incident about it."""
    remove_abandoned_labs()
    with copied_lab(600, STORES) as directory:
        lab = Lab.up(directory, also=["validation"])
        with Work(home / "work", lab.inventory_path, "validation") as work, work.runner():
            yield ApplicationLab(lab, home, work)
