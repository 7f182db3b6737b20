"""What the branch is, what it was at any moment that somebody looked, and which commit a recovery point leads to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actions.systems.configuration.programs.git import GitFailed, Mirror

NOW = "refs/cleo/now"
_SEEN = "cleo-seen"
"""A file in the mirror: a line for each new head of the branch, with when it was first seen."""


class NotOurs(GitFailed):
    """Another repository answers at the remote's address."""


@dataclass(frozen=True)
class Head:
    """A head of the branch, and when it was first seen."""

    at: datetime
    commit: str


def fetch(mirror: Mirror, remote: str, branch: str, root: str) -> None:
    """Have the branch as the remote has it now. Earlier heads are kept, and a new one is noted.

    Raises:
        GitFailed: the remote does not answer, or has no such branch.
        NotOurs: it is another repository.
    """
    if not (mirror.path / "HEAD").exists():
        _make(mirror)
    before, (found, tags) = _current(mirror), _remote(mirror, remote, branch)
    if tags != _tags(mirror):
        mirror.bytes_of("fetch", "--quiet", "--prune", "--no-tags", remote, "+refs/tags/*:refs/cleo/tags/*")
    if found == before:
        return
    mirror.bytes_of("fetch", "--quiet", "--no-tags", remote, f"+refs/heads/{branch}:refs/cleo/fetched")
    head = mirror.ask("rev-parse", "refs/cleo/fetched")
    _require_ours(mirror, head, before, root)
    mirror.bytes_of("update-ref", f"refs/cleo/seen/{head}", head)
    _note(mirror.path, head)
    mirror.bytes_of("update-ref", NOW, head)


def _make(mirror: Mirror) -> None:
    """Make the mirror, in a folder that is there: a look makes nothing where all of it was removed."""
    try:
        mirror.path.mkdir(exist_ok=True)
    except FileNotFoundError:
        raise GitFailed(f"{mirror.path.parent} is missing: the mirror is to lie in it") from None
    mirror.bytes_of("init", "--quiet", "--bare", "--template=")


def _remote(mirror: Mirror, remote: str, branch: str) -> tuple[str, dict[str, str]]:
    """Return the branch's head at the remote, and its tags by name."""
    lines = mirror.ask("ls-remote", remote, f"refs/heads/{branch}", "refs/tags/*").splitlines()
    found = {name: id_ for id_, name in (line.split("\t") for line in lines) if not name.endswith("^{}")}
    head = found.pop(f"refs/heads/{branch}", "")
    if not head:
        raise GitFailed(f"the remote has no branch {branch}")
    return head, {name.removeprefix("refs/tags/"): id_ for name, id_ in found.items()}


def _tags(mirror: Mirror) -> dict[str, str]:
    lines = mirror.ask("for-each-ref", "--format=%(objectname) %(refname)", "refs/cleo/tags").splitlines()
    return {name.removeprefix("refs/cleo/tags/"): id_ for id_, name in (line.split(" ", 1) for line in lines)}


def _current(mirror: Mirror) -> str:
    return mirror.ask("rev-parse", NOW) if mirror.holds("rev-parse", "--verify", "--quiet", NOW) else ""


def _require_ours(mirror: Mirror, head: str, before: str, root: str) -> None:
    """Refuse a history that has nothing to do with the one that is known."""
    roots = mirror.ask("rev-list", "--max-parents=0", head).split()
    if root and not any(each.startswith(root) for each in roots):
        raise NotOurs(f"another repository answers at the remote's address: its first commit is {roots[0][:12]}")
    if not root and before and not mirror.holds("merge-base", head, before):
        raise NotOurs(f"what the remote has now shares no history with what was known, which is {before[:12]}")


def _note(mirror: Path, head: str) -> None:
    with (mirror / _SEEN).open("a") as file:
        file.write(f"{datetime.now(UTC).isoformat()} {head}\n")


def seen(mirror: Mirror) -> list[Head]:
    """Return every head of the branch that was seen, the oldest first."""
    try:
        lines = [line.split() for line in (mirror.path / _SEEN).read_text().splitlines()]
    except FileNotFoundError:
        return []
    return [Head(datetime.fromisoformat(line[0]), line[1]) for line in lines if len(line) == 2]


def forced(mirror: Mirror) -> list[str]:
    """Return the heads that were seen and that the branch no longer has: somebody pushed over them."""
    now = _current(mirror)
    heads = dict.fromkeys(each.commit for each in seen(mirror) if each.commit != now)
    return [commit for commit in heads if not mirror.holds("merge-base", "--is-ancestor", commit, now)]


def describe(mirror: Mirror, commit: str) -> dict[str, Any]:
    """Return what a commit says of itself; its date is what whoever made it wanted it to be."""
    id_, at, author, subject = mirror.ask("show", "--no-patch", "--format=%H%x00%cI%x00%cn%x00%s", commit).split("\0")
    return {"id": id_, "at": datetime.fromisoformat(at).astimezone(UTC).isoformat(), "by": author, "subject": subject}


def choose(mirror: Mirror, point: str) -> tuple[str, list[str]]:
    """Return the commit that a recovery point leads to, and what is to be said of it.

    Args:
        mirror: what was fetched.
        point: ``latest``, an instant (ISO 8601), or the beginning of a commit's id.

    Raises:
        GitFailed: there is none.
    """
    if point == "latest":
        return _current(mirror), []
    try:
        at = datetime.fromisoformat(point)
    except ValueError:
        return _named(mirror, point)
    known = [each for each in seen(mirror) if each.at <= at]
    head = known[-1].commit if known else _current(mirror)
    said = [] if known else [f"nobody looked before {point}: by the dates that the commits carry alone"]
    if known and not mirror.holds("merge-base", "--is-ancestor", head, NOW):
        said.append(f"the branch was pushed over since: {head[:12]} was its head then, and it has it no longer")
    lines = mirror.ask("rev-list", "--first-parent", "--format=%H %ct", "--no-commit-header", head).splitlines()
    history = [(id_, int(seconds)) for id_, seconds in (line.split() for line in lines)]
    found = next((number for number, (_, seconds) in enumerate(history) if seconds <= at.timestamp()), None)
    if found is None:
        raise GitFailed(f"the branch has no commit before {point}; its first is of {_date(history[-1][1])}")
    if any(seconds > at.timestamp() for _, seconds in history[found:]):
        said.append("dates on the branch are not in order: a commit before this one is dated after the point")
    return history[found][0], said


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _named(mirror: Mirror, commit: str) -> tuple[str, list[str]]:
    """Return a commit by its id; one that no head of the branch that was ever seen leads to is none of it."""
    found = mirror.ask("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}")
    if mirror.holds("merge-base", "--is-ancestor", found, NOW):
        return found, []
    if any(mirror.holds("merge-base", "--is-ancestor", found, head) for head in forced(mirror)):
        return found, ["the branch was pushed over since, and has this commit no longer"]
    raise GitFailed(f"{commit} was never on the branch")


def signature(mirror: Mirror, commit: str, signers: str) -> str:
    """Return how a commit is signed: ``commit``, the name of a signed tag on it, or nothing."""
    ssh = ["-c", f"gpg.ssh.allowedSignersFile={signers}"]
    if mirror.holds(*ssh, "verify-commit", commit):
        return "commit"
    names = mirror.ask("for-each-ref", "--format=%(refname)", "--points-at", commit, "refs/cleo/tags").split()
    return next((name.rpartition("/")[2] for name in names if mirror.holds(*ssh, "verify-tag", name)), "")
