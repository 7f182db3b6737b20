"""What is changed in a pooler's configuration so that it leads elsewhere, shown before it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from actions.outcome import ActionFailed
from actions.systems.pooler.config_file import repointed, without_password
from actions.systems.pooler.pooler import Files, Pooler
from actions.systems.pooler.seen import Seen


class Change(NamedTuple):
    """What is to be done.

    Attributes:
        texts: the new text of each file that changes.
        turned: the databases that run otherwise than wanted.
        lines: the difference, as it may be shown.
    """

    texts: Mapping[str, str]
    turned: list[str]
    lines: list[str]


def change(pooler: Pooler, seen: Seen, files: Files, wanted: str) -> Change:
    """Return what leads every database of the inventory to an address.

    Args:
        pooler: the pooler.
        seen: how it runs.
        files: its configuration.
        wanted: host and port.

    Raises:
        ActionFailed: another configuration is in force, or a database has no line of its own.
    """
    _require_same_file(pooler, seen)
    host, _, port = wanted.rpartition(":")
    by_file = dict[str, dict[int, tuple[str, str]]]()
    for name in pooler.settings.databases:
        entries = files.of(name)
        if not entries:
            raise ActionFailed(
                f"{pooler.name}'s configuration has no line for {name}: it may come by `*`, or from another file.",
                f"Write a line for it ({name} = host=… port=…), or correct databases: in the inventory.",
                left_behind="Nothing was changed.",
            )
        for entry in entries:  # the last one counts; an earlier one would come back with whoever removes that
            if (entry.host, entry.port or "5432") != (host, port):
                by_file.setdefault(entry.file, {})[entry.line] = (host, port)
    texts = {path: repointed(files.texts[path], lines) for path, lines in by_file.items()}
    running = {name: seen.databases[name].leads_to for name in pooler.settings.databases if name in seen.databases}
    turned = [name for name in pooler.settings.databases if running.get(name) != wanted]
    shown = [line for path, text in texts.items() for line in _shown(path, files.texts[path], text)]
    return Change(texts, turned, shown)


def _require_same_file(pooler: Pooler, seen: Seen) -> None:
    named = pooler.settings.config
    if (
        not seen.config
        or seen.config == named
        or (not seen.config.startswith("/") and named.endswith(f"/{seen.config}"))
    ):
        return
    done = pooler.query(["readlink", "-f", seen.config, named])
    real = done.out.splitlines()
    if len(real) == 2 and real[0] == real[1]:
        return
    raise ActionFailed(
        f"{pooler.name} was started with {seen.config}, not with {named}: what is written there would not count.",
        "Correct config: in the inventory, or its address.",
        left_behind="Nothing was changed.",
    )


def _shown(path: str, old: str, new: str) -> Iterator[str]:
    yield f"{path}:"
    for before, after in zip(old.splitlines(), new.splitlines(), strict=True):
        if before != after:
            yield f"- {without_password(before)}"
            yield f"+ {without_password(after)}"
