"""``scratch FOLDER OPTIONS INCIDENT``: clone the branch once, write every file of its head, compare, remove all again.

``OPTIONS`` is as for ``look``. Prints what was found; ends with 4 where it cannot be restored, and with 6 where the
folder cannot be had.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from actions.machine.scratch_folder import NOT_HAD, CannotHave, scratch_folder
from actions.systems.configuration.programs.apply import apply
from actions.systems.configuration.programs.comparing import entries_of
from actions.systems.configuration.programs.git import GitFailed, Mirror
from actions.systems.configuration.programs.history import choose, describe, fetch


def try_once(folder: Path, options: dict[str, Any], incident: str) -> dict[str, Any]:
    """Do it from the remote alone, as if nothing were left on this host, and return what came of it.

    Raises:
        CannotHave: the folder cannot be used.
        GitFailed: the remote does not answer, is another one, or what it has is damaged.
    """
    with scratch_folder(folder):
        begun = time.monotonic()
        mirror = Mirror(folder / "mirror", float(options["deadline_s"]))
        fetch(mirror, options["remote"], options["branch"], options["root"])
        mirror.bytes_of("fsck", "--full", "--no-dangling")
        head, _ = choose(mirror, "latest")
        own = {**options, "mirror": str(mirror.path), "directory": str(folder / "tree")}
        apply(own, head, incident, remove_extra=False)
        return {
            "commit": describe(mirror, head),
            "files": len(entries_of(mirror, head, options["paths"])),
            "empty": [path for path in options["paths"] if not mirror.holds("cat-file", "-e", f"{head}:{path}")],
            "seconds": round(time.monotonic() - begun, 2),
        }


if __name__ == "__main__":
    at, asked, by = sys.argv[1:]
    try:
        print(json.dumps(try_once(Path(at), json.loads(asked), by)))
    except CannotHave as error:
        print(error.message, file=sys.stderr)
        sys.exit(NOT_HAD)
    except (GitFailed, OSError) as error:
        print(error, file=sys.stderr)
        sys.exit(4)
