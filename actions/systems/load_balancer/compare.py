"""What HAProxy runs with, held against inventory, configuration and what was set last."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from actions.outcome import Cure, Finding
from actions.systems.load_balancer.balancer import Balancer
from actions.systems.load_balancer.by_hand import check_argv
from actions.systems.load_balancer.config_file import ConfigFile
from actions.systems.load_balancer.record import Record, differences, settings_of
from actions.systems.load_balancer.seen import Seen

SET_AGAIN = Cure(words="Set it again as it was wanted.", action="load_balancer.reload", params={"set_again": True})


def compare(found: Balancer, seen: Seen, config: ConfigFile | None, record: Record | None) -> list[Finding]:
    """Return every difference, and what a reload would lose."""
    doubts = [_finding(found, "warning", *doubt) for doubt in seen.doubts]
    return [*_addresses(found, seen, config), *_intent(found, seen, record), *_kept(found, config), *doubts]


def as_warnings(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings as they are told: `wrong` is kept for data, by which recovery points are judged."""
    return [msgspec.structs.replace(finding, severity="warning") for finding in findings]


def check_words(found: Balancer) -> str:
    """Return what HAProxy says against its configuration file; empty: it can start with it."""
    settings = found.settings
    if settings.elbv2:
        return ""
    argv = check_argv(settings)
    done = found.ctx.query(settings.host, argv, timeout_s=30, user=settings.run_as)
    if not done.code:
        return ""
    lines = [line for line in done.err.splitlines() if "[ALERT]" in line] or done.err.splitlines()
    return lines[0].split(" : ", 1)[-1].strip() if lines else done.ending


def _addresses(found: Balancer, seen: Seen, config: ConfigFile | None) -> list[Finding]:
    said = []
    for name, own in found.settings.servers.items():
        server = seen.servers.get(name)
        if server is None:
            said.append(
                _finding(found, "wrong", name, "HAProxy has no such server", f"Add it to {found.settings.config}.")
            )
        elif server.address != own.address:
            text = f"HAProxy sends to {server.address}; the inventory has {own.address}"
            said.append(_finding(found, "wrong", name, text, "Run load_balancer.update, or correct the inventory."))
        written = config.addresses.get(name) if config else None
        if written and written != own.address:
            text = f"the configuration has {written}; the inventory has {own.address}"
            said.append(_finding(found, "warning", name, text, f"Correct {found.settings.config}."))
    return said


def _intent(found: Balancer, seen: Seen, record: Record | None) -> list[Finding]:
    """Compare with what was set last, by whatever incident: a reload, or somebody, may have changed it."""
    if record is None:
        return []
    now = settings_of(seen)
    return [
        _finding(
            found,
            "wrong",
            line.partition(":")[0],
            f"runs otherwise than it was set in {record.incident}: {line.partition(': ')[2]}",
            SET_AGAIN.words,
        )
        for line in differences(now, record.wanted)
    ]


def _kept(found: Balancer, config: ConfigFile | None) -> list[Finding]:
    settings = found.settings
    if settings.elbv2:
        return []
    if config is None:
        text = "cannot be read as one file: nobody knows whether a reload keeps what was set"
        return [_finding(found, "warning", settings.config, text, "Name the file in the inventory (config).")]
    if config.saves:
        return []
    text = "a reload forgets what was set at run time"
    cure = f"Say server-state-file {settings.state_file} in global, load-server-state-from-file global in defaults."
    return [_finding(found, "warning", settings.config, text, cure)]


def _finding(found: Balancer, severity: Literal["warning", "wrong"], about: str, text: str, cure: str) -> Finding:
    return Finding(severity=severity, about=about, text=text, cure=cure, system=found.name)
