"""What a person types at HAProxy's host for the same effect."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from actions.by_hand import ByHand, CommandLine
from actions.systems.load_balancer.elbv2 import by_hand as elbv2
from actions.systems.load_balancer.record import Setting, commands
from actions.systems.load_balancer.settings import LoadBalancerSettings

_SHOW = ("show servers state", "show stat")


def update(known: ByHand) -> Sequence[CommandLine]:
    """Note what is set, then make the servers of the site ready without users."""
    settings = known.settings(LoadBalancerSettings)
    if settings.elbv2:
        new = "dr" if known.params.get("dr_site") else settings.home
        weights = {settings.home: 100} | ({new: 0} if new != settings.home else {})
        line = elbv2.divide(settings, settings.elbv2, weights, f"{new} is checked, and gets no users.")
        return [*elbv2.show(settings, settings.elbv2), line]
    site = "dr" if known.params.get("dr_site") else settings.home
    wanted = {one.name: Setting(address=one.address, state="ready", weight=0) for one in settings.pools.get(site, [])}
    lines = commands(settings.backend, dict.fromkeys(wanted, _UNKNOWN), wanted)
    return [
        _api(settings, "Keep what this prints: it is the way back.", *_SHOW),
        _api(settings, f"Make {site} ready, with no users; each answers nothing, anything else is an error.", *lines),
        _saved(settings),
    ]


def test_traffic(known: ByHand) -> Sequence[CommandLine]:
    """Ask for each server through the frontend."""
    settings = known.settings(LoadBalancerSettings)
    url = f"{settings.frontend.rstrip('/')}{settings.ready}"
    host = ["-H", f"Host: {settings.host_header}"] if settings.host_header else []
    return [
        CommandLine(
            argv=["curl", "-si", "--max-time", "5", "-H", f"{settings.ask_for}: {one.name}", *host, url],
            what=f"Wants 200, and {settings.served_by}: {one.name}.",
            host=settings.host,
        )
        for pool in settings.pools.values()
        for one in pool
    ]


def enable_traffic(known: ByHand) -> Sequence[CommandLine]:
    """Give the site its weights, then drain the others."""
    settings = known.settings(LoadBalancerSettings)
    if settings.elbv2:
        return elbv2.steps(settings, settings.elbv2)
    new = [one.name for site, pool in settings.pools.items() if site != settings.home for one in pool]
    old = [one.name for one in settings.pools[settings.home]]
    back = settings.backend
    steps = "in steps where both sites write to one primary" if settings.one_primary else "the old site fenced before"
    return [
        _api(settings, f"Let users in, {steps}.", *(f"set server {back}/{name} weight 100%" for name in new)),
        _api(settings, "Send no new user to the old pool.", *(f"set server {back}/{name} state drain" for name in old)),
        _api(settings, "Wait until scur of the old servers is 0.", "show stat"),
        _api(settings, "Then take them out.", *(f"set server {back}/{name} state maint" for name in old)),
        _saved(settings),
    ]


def isolate(known: ByHand) -> Sequence[CommandLine]:
    """Drain a site's servers, take them out, end what is open."""
    settings = known.settings(LoadBalancerSettings)
    if settings.elbv2:
        out = str(known.params.get("site") or settings.home)
        nobody = elbv2.divide(settings, settings.elbv2, {}, f"Nobody reaches {out}, nor another site: all get 503.")
        return [*elbv2.show(settings, settings.elbv2), nobody]
    site = str(known.params.get("site") or settings.home)
    names = [f"{settings.backend}/{one.name}" for one in settings.pools.get(site, [])]
    return [
        _api(settings, "Send no new user there.", *(f"set server {name} state drain" for name in names)),
        _api(settings, "Nobody reaches it.", *(f"set server {name} state maint" for name in names)),
        _api(settings, "End what is open.", *(f"shutdown sessions server {name}" for name in names)),
        _saved(settings),
    ]


def repoint(known: ByHand) -> Sequence[CommandLine]:
    """Take the old primary's server out, end what is open there, let the new one in."""
    settings = known.settings(LoadBalancerSettings)
    name = f"{settings.backend}/OLD"
    out = [f"set server {name} state maint", f"shutdown sessions server {name}"]
    return [
        _api(settings, f"OLD and NEW are of {', '.join(settings.leads_to.values()) or 'its servers'}.", *out),
        _api(settings, "Only then:", f"set server {settings.backend}/NEW state ready"),
        _saved(settings),
    ]


def reload(known: ByHand) -> Sequence[CommandLine]:
    """Check the configuration, save what is set, reload, compare."""
    settings = known.settings(LoadBalancerSettings)
    if settings.elbv2:
        return []
    return [
        CommandLine(argv=check_argv(settings), what="Wants status 0; else do not reload.", host=settings.host),
        _saved(settings),
        CommandLine(argv=settings.reload, what="Reload.", host=settings.host),
        _api(settings, "Compare with what it was set to.", *_SHOW),
    ]


def put_back(known: ByHand) -> Sequence[CommandLine]:
    """Set every server to what was noted before."""
    settings = known.settings(LoadBalancerSettings)
    if settings.elbv2:
        return [elbv2.modify(settings.elbv2, "ACTIONS", "ACTIONS as they were printed before.")]
    names = [f"{settings.backend}/{name}" for name in settings.servers]
    lines = [line for name in names for line in (f"set server {name} weight WEIGHT", f"set server {name} state STATE")]
    what = f"WEIGHT and STATE as they were before ({settings.state_file}.cleo has them); first those that had users."
    return [_api(settings, what, *lines), _saved(settings)]


def verify(known: ByHand) -> Sequence[CommandLine]:
    """Show what runs, and check the configuration."""
    settings = known.settings(LoadBalancerSettings)
    if settings.elbv2:
        return elbv2.show(settings, settings.elbv2)
    return [
        _api(settings, "What every server is set to, and its last check.", *_SHOW),
        CommandLine(argv=check_argv(settings), what="Whether it could start.", host=settings.host),
    ]


def check_argv(settings: LoadBalancerSettings) -> list[str]:
    """Return the command that tells whether HAProxy could start with its configuration."""
    return [settings.program, "-c", "-f", settings.config]


_UNKNOWN = Setting(address="", state="maint", weight=-1)
"""What is before: only the system can tell, so every command is typed."""


def _api(settings: LoadBalancerSettings, what: str, *lines: str) -> CommandLine:
    text = "; ".join(lines)
    return CommandLine(
        argv=["sh", "-c", f"echo {shlex.quote(text)} | {_socat(settings)}"], what=what, host=settings.host
    )


def _saved(settings: LoadBalancerSettings) -> CommandLine:
    command = f"echo 'show servers state' | {_socat(settings)} >{shlex.quote(settings.state_file)}"
    return CommandLine(argv=["sh", "-c", command], what="So that a reload keeps it.", host=settings.host)


def _socat(settings: LoadBalancerSettings) -> str:
    to = f"UNIX-CONNECT:{settings.socket}" if settings.socket.startswith("/") else f"TCP:{settings.socket}"
    return f"socat - {shlex.quote(to)}"
