"""A program that may read no more than its account: root, as whom tests run in places, may read everything."""

from __future__ import annotations

import os

_RIGHTS = "-dac_override,-dac_read_search"


def unprivileged(*words: str) -> list[str]:
    """Return a command as it is run without root's right to read everything."""
    drop = ["setpriv", "--bounding-set", _RIGHTS, "--inh-caps", _RIGHTS] if os.geteuid() == 0 else []
    return [*drop, *words]
