"""HAProxy's configuration file: what a restart without saved state comes back to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actions.systems.load_balancer.balancer import Balancer
from actions.transport import FileTrouble

_SECTIONS = (
    "global",
    "defaults",
    "frontend",
    "backend",
    "listen",
    "peers",
    "resolvers",
    "userlist",
    "program",
    "cache",
)


@dataclass(frozen=True)
class ConfigFile:
    """What the configuration says of a backend.

    Attributes:
        addresses: where each server listens, by its name.
        saves: whether a reload keeps what was set at run time.
    """

    addresses: dict[str, str]
    saves: bool


def read_config(found: Balancer) -> ConfigFile | None:
    """Return what the configuration file says; None where it cannot be read as one file, or there is none."""
    settings = found.settings
    if settings.elbv2:
        return None
    try:
        text = found.ctx.transport(settings.host).read_file(settings.config).decode("utf-8", "replace")
    except FileTrouble:
        return None
    return parse(text, settings.backend, settings.state_file)


def parse(text: str, backend: str, state_file: str) -> ConfigFile:
    """Return what a configuration says of a backend and of a state file."""
    addresses, saved, loaded = dict[str, str](), False, False
    for section, name, words in _lines(text):
        if section == "global" and words[:1] == ["server-state-file"]:
            saved = words[1:2] == [state_file]
        if words[:1] == ["load-server-state-from-file"] and (section == "defaults" or name == backend):
            loaded = words[1:2] == ["global"]
        if section in ("backend", "listen") and name == backend and words[:1] == ["server"] and len(words) > 2:
            addresses[words[1]] = words[2]
    return ConfigFile(addresses, saved and loaded)


def _lines(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield section, its name and the words of each line."""
    section = name = ""
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        if words and words[0] in _SECTIONS and not line[0].isspace():
            section, name = words[0], words[1] if len(words) > 1 else ""
        elif words:
            yield section, name, words
