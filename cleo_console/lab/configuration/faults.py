"""What can be broken in a lab's configuration. Each is done for real."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from cleo_console.lab.configuration.intruder import intrude
from cleo_console.lab.configuration.place import BRANCH, Place
from cleo_console.lab.service import Done, FaultKind
from journal.errors import CleoError


def hand_edit(place: Place) -> Done:
    """Edit a file on the host, and add another that nobody committed."""
    path = place.directory / "configs" / "dr" / "postgres.conf"
    _require(path)
    at = _now()
    path.write_text(path.read_text().replace("max_connections = 400", "max_connections = 4000"))
    extra = path.with_name("zz-local.conf")
    extra.write_text("fsync = off\n")
    return f"{path} was edited by hand, and {extra.name} was put beside it", {"at": at}


def lose_directory(place: Place) -> Done:
    """Remove the configuration of the network."""
    path = place.directory / "network"
    _require(path)
    at = _now()
    shutil.rmtree(path)
    return f"{path} was removed", {"at": at}


def lose_data(place: Place) -> Done:
    """Remove everything that runs."""
    _require(place.directory)
    at = _now()
    shutil.rmtree(place.directory)
    return f"{place.directory} was removed", {"at": at}


def force_push(place: Place) -> Done:
    """Push another history over the branch: its last commit is gone there, and another carries that one's date."""
    at, before = _now(), place.git("rev-parse", "HEAD")
    place.git("reset", "--quiet", "--hard", "HEAD~1")
    files = {"network/dr/haproxy.cfg": "backend api\n  server dr1 198.51.100.66:8080\n"}
    (place.clone / "network" / "dr" / "haproxy.cfg").write_text(files["network/dr/haproxy.cfg"])
    place.git("add", "--all")
    date = place.git("show", "--no-patch", "--format=%cI", before)
    place.git("commit", "--quiet", "-m", "Tidy up", environment={"GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": date})
    place.git("push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{BRANCH}")
    return f"{before[:12]} was pushed over, with a commit that carries its date", {"at": at, "before": before}


def _require(path: Path) -> None:
    if not path.exists():
        raise CleoError(f"{path} is not there.", "Restore it first: cleo run configuration.restore.")


def _now() -> str:
    return datetime.now(UTC).isoformat()


FAULTS = (
    FaultKind("hand-edit", "edit a file on the host, and add one that nobody committed", hand_edit),
    FaultKind("lose-directory", "remove the configuration of the network", lose_directory),
    FaultKind("lose-data", "remove everything that runs", lose_data, total=True),
    FaultKind("force-push", "push another history over the branch", force_push),
    FaultKind("intruder", "open doors on the host, and push a commit that leads users elsewhere", intrude),
)
