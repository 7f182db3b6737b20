"""The faults that can be injected into a lab. Each is done for real, and noted."""

from __future__ import annotations

from cleo_console.lab.fault_log import Fault
from cleo_console.lab.site import Site
from journal.errors import CleoError


def inject(site: Site, system: str, how: str) -> Fault:
    """Inject a fault.

    Raises:
        CleoError: there is no such fault.
    """
    raise CleoError(f"The lab has no fault `{how}` for `{system}`.", "See `cleo lab break --list`.")
