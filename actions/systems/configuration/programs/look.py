"""``look OPTIONS``: what the remote has, which commit a recovery point leads to, and what of it runs.

``OPTIONS`` is one word of JSON: ``directory``, ``remote``, ``branch``, ``root``, ``paths``, ``mirror``, ``signers``,
``point`` (empty: the head), ``show`` (whether to print the differences), ``deadline_s``. Of the system it changes
nothing; the mirror, which is ours, has the branch afterwards.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from actions.systems.configuration.programs.blotting import shown
from actions.systems.configuration.programs.comparing import Difference, differences, entries_of
from actions.systems.configuration.programs.git import GitFailed, Mirror
from actions.systems.configuration.programs.history import (
    NotOurs,
    choose,
    describe,
    fetch,
    forced,
    seen,
    signature,
)
from actions.systems.configuration.programs.records import read_record


def look(options: dict[str, Any]) -> dict[str, Any]:
    """Return what was found. Where the remote does not answer, the mirror tells what was last known."""
    mirror = Mirror(Path(options["mirror"]), float(options["deadline_s"]))
    directory = Path(options["directory"])
    found: dict[str, Any] = {"there": directory.is_dir(), "unreachable": "", "stranger": "", "wrong": ""}
    found["restored"] = read_record(directory)
    found["kept"] = sorted(str(path) for path in directory.parent.glob(f"{directory.name}.aside-*"))
    try:
        fetch(mirror, options["remote"], options["branch"], options["root"])
    except NotOurs as error:
        found["stranger"] = str(error)
    except GitFailed as error:
        found["unreachable"] = str(error)
    try:
        return found | _compared(mirror, directory, options)
    except GitFailed as error:
        return found | {"wrong": str(error)}


def _compared(mirror: Mirror, directory: Path, options: dict[str, Any]) -> dict[str, Any]:
    commit, said = choose(mirror, options["point"] or "latest")
    if not commit:
        return {"wrong": "nothing was ever fetched"}
    head, _ = choose(mirror, "latest")
    differ = differences(mirror, commit, directory, options["paths"])
    entries = {entry.path: entry for entry in entries_of(mirror, commit, options["paths"])}
    if options["show"]:
        for each in differ:
            print("\n".join(shown(mirror, entries.get(each.path), each, directory)), flush=True)
    signers = options["signers"]
    return {
        "head": describe(mirror, head),
        "commit": describe(mirror, commit),
        "said": said,
        "forced": forced(mirror),
        "first_look": seen(mirror)[0].at.isoformat(),
        "signature": signature(mirror, commit, signers) if signers else "",
        "files": len(entries),
        "differ": [_as_data(each) for each in differ],
    }


def _as_data(each: Difference) -> dict[str, Any]:
    return {"path": each.path, "kind": each.kind, "mtime": each.mtime, "held": each.held}


if __name__ == "__main__":
    print(json.dumps(look(json.loads(sys.argv[1]))))
