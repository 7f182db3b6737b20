"""``configuration.drill``: clones the branch from its remote once, writes every file of its head, compares, removes.

What is only on this host, the mirror too, is not used: that is lost with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from actions.action import action
from actions.backups.drill.elsewhere import PARAMS, Way, drill_identity, drill_leftover, drilled
from actions.backups.drill.outcome import left_by_drill, loss_words
from actions.backups.drill.place import DrillPlace, place_at, real_context
from actions.backups.drill.settings import drill_python
from actions.backups.offsite.kept import not_kept
from actions.context import ActionContext
from actions.machine.scratch_folder import NOT_HAD
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.configuration.host import Configuration, find_configuration, identity, last_words, options
from actions.systems.configuration.probe import measured
from actions.systems.configuration.settings import ConfigurationSettings
from journal.errors import CleoError
from journal.events.types import Identity
from journal.wording.counting import count
from journal.wording.durations import exact_duration

_LOOK = Cure(words="See with git what the remote has; push from a clone that is whole.")


def _folder(found: Configuration) -> str:
    return f"{found.place}.drill"


def target(ctx: ActionContext) -> Sequence[Identity]:
    """Return what tells the configuration from every other, and where its drill restores to."""
    return drill_identity(ctx, _beside)


def _beside(ctx: ActionContext) -> Sequence[Identity]:
    return [*identity(ctx), Identity(name="drill instance", value=_folder(find_configuration(ctx)), known="reported")]


@action("configuration.drill_left", target=target, params=PARAMS)
def drill_left(ctx: ActionContext, *, source: str = "", on: str = "") -> Outcome:
    """Tell whether a drill left its folder.

    Needs: its host.
    """

    def beside() -> Outcome:
        found = find_configuration(ctx)
        folder = _folder(found)
        seen = ctx.query(found.settings.host, ["test", "-e", folder], user=found.settings.run_as)
        return left_by_drill(folder, there=seen.code == 0)

    return drill_leftover(ctx, source=source, on=on, beside=beside)


@action(
    "configuration.drill",
    probe="configuration.drill_left",
    resumable=True,
    touches=("drill instance",),
    target=target,
    params=PARAMS,
)
def drill(ctx: ActionContext, *, source: str = "", on: str = "") -> Outcome:
    """Clone the branch from its remote into a scratch folder, write every file of its head, and remove it.

    What runs is only looked at. In the folder (`….drill`, beside the directory) git reads every object that it fetched,
    and each file that was written is compared with it. How long it took and how old the oldest edit is that no commit
    holds is measured.

    Needs: git on the host, and the remote; room for a clone.

    Leaves: nothing; what came of it is in the journal.

    Killed half way: the next drill removes the folder.
    """
    way = Way(restore=_restore, fit=_fit, owner=lambda settings: str(settings.run_as), require=_require)
    return drilled(ctx, way, source=source, on=on)


def _require(settings: ConfigurationSettings, place: DrillPlace) -> None:
    """Refuse a drill from what lies off site whose remote does not, or that nothing there opens.

    Raises:
        ActionFailed: it is not known to.
    """
    if place.fetched:
        raise not_kept(f"the commits of {place.system}", settings.remote, f"systems: {place.system}: backups_site")
    if place.offsite and settings.environment and not settings.drill.environment:
        field = f"systems: {place.system}: drill: environment"
        raise not_kept(f"the keys that open {settings.remote}", ", ".join(settings.environment), field)


def _fit(settings: ConfigurationSettings, place: DrillPlace) -> ConfigurationSettings:
    """Return the configuration's settings where the drill works."""
    drill = settings.drill
    return replace(
        settings,
        host=place.host,
        directory=place.data,
        run_as=drill.run_as or settings.run_as,
        python=drill_python(settings.python, settings, place),
        environment=drill.environment if place.offsite else {**settings.environment, **drill.environment},
    )


def _restore(ctx: ActionContext) -> Outcome:
    found = find_configuration(ctx)
    folder = _folder(found)
    if not ctx.effect(f"clone {found.settings.remote} into {folder}, write every file of its head, and remove it"):
        return Outcome(ok=True, summary=f"would restore {found.settings.branch} into {folder}, and remove it again")
    place = place_at(ctx)
    seen = _look(find_configuration(real_context(ctx))) if not (place and place.offsite) else {}
    asked = json.dumps(options(found.settings))
    done = found.run("drill", "scratch", folder, asked, ctx.incident.id)
    if done.code == NOT_HAD:
        raise ActionFailed(f"Nothing was drilled: {last_words(done)}.")
    if done.code:
        raise ActionFailed(f"{found.name} could not be restored: {last_words(done)}.", cures=[_LOOK])
    return _outcome(found, seen, json.loads(done.out.strip().splitlines()[-1]))


def _look(found: Configuration) -> Mapping[str, Any]:
    """Return what runs as the drill begins; nothing where nobody can look."""
    try:
        return found.look_well("latest")
    except CleoError as error:
        found.ctx.log(f"What would be lost is not measured: {error.message}", "err")
        return {}


def _outcome(found: Configuration, seen: Mapping[str, Any], tried: Mapping[str, Any]) -> Outcome:
    lost = measured(seen).exposure_s if seen else None
    commit, seconds = tried["commit"], float(tried["seconds"])
    state = f"nothing in {', '.join(tried['empty'])}" if tried["empty"] else f"sound, {count(tried['files'], 'file')}"
    words = (
        f"Commit {commit['id'][:12]} of {commit['at'][:19].replace('T', ' ')} UTC was restored in "
        f"{exact_duration(seconds)}: {state}; {loss_words(lost, 'edits')}."
    )
    text = "is named in the inventory (paths), and the head has nothing there"
    return Outcome(
        ok=not tried["empty"],
        summary=words,
        facts={"drill": commit["id"], "drill_s": seconds, "drill_lost_s": lost, "drill_files": tried["files"]},
        findings=[Finding(severity="warning", about=path, text=text, cure=_LOOK.words) for path in tried["empty"]],
    )
