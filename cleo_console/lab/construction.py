"""Bringing a lab up: from nothing, or again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec.structs import replace

from cleo_console.lab import folder, removal
from cleo_console.lab.fault_log import injected_faults
from cleo_console.lab.inventory import write_inventory
from cleo_console.lab.post.place import NAME as POST
from cleo_console.lab.post.place import Post
from cleo_console.lab.post.place import choose as choose_post
from cleo_console.lab.repository import BUCKET
from cleo_console.lab.second_place.faults import is_of_copy
from cleo_console.lab.second_place.kinds import choose, second_place
from cleo_console.lab.second_place.place import LOOPBACK, SecondPlace
from cleo_console.lab.second_place.place import NAME as OFFSITE
from cleo_console.lab.service import Instance, LabService, Say
from cleo_console.lab.service_types import class_of
from cleo_console.lab.sites.place import NAME as SITES
from cleo_console.lab.sites.place import choose as choose_sites
from cleo_console.lab.sizes import check_size, check_space
from cleo_console.lab.state import State, save_state
from cleo_console.lab.station import DR, OUTSIDE, PRIMARY, STATIONS


def create(
    place: Path,
    state: State,
    wanted: Sequence[Instance],
    say: Say,
    *,
    s3: bool = False,
    first: bool = False,
    two_sites: bool = False,
) -> State:
    """Build a lab from nothing. `complete` is set last: what is cut short before is never taken for a lab.

    Args:
        place: its folder.
        state: what it remembers of itself: nothing yet.
        wanted: its services.
        say: told what is being done, a line at a time.
        s3: whether its second place is a bucket of an object store.
        first: whether the services' own backups lie in such a bucket, too.
        two_sites: whether each site has a network of its own.

    Raises:
        CleoError: a program is missing, the folder does not serve, or a server does not start.
    """
    state = replace(state, sites=choose_sites() if two_sites else None)
    state = replace(state, offsite=choose(None, s3=s3, first=first, address=_outside(place, state)))
    services = _chosen(place, state, wanted)
    folder.make(place)
    with folder.only_command(place):
        save_state(place, state)
        if sites := state.network(place):
            say(f"Making two sites: {sites.ends[PRIMARY].address} and {sites.ends[DR].address}.")
            sites.make()
        with _made(second_place(place, state.offsite), say):
            state = _add(place, state, services, say)
        state = replace(state, complete=True)
        save_state(place, state)
    return state


def resume(place: Path, state: State, wanted: Sequence[Instance], say: Say, *, s3: bool = False) -> State:
    """Start what does not run, except a server that went down by itself or by an injected fault; add what is missing.

    Where an object store is asked for, a second place that is a folder is left as it is, and named no more.

    Raises:
        CleoError: the lab is another account's, or a server does not start.
    """
    folder.check_owner(place, state)
    with folder.only_command(place):
        if sites := state.network(place):
            sites.start()
        services = state.services(place)
        for service in services.values():
            _resume(service, state, say)
        state = replace(_with_second_place(place, state, say, s3=s3), kept=False, running=())
        save_state(place, state)
        missing = [each for each in wanted if each.name not in services]
        return _add(place, state, _chosen(place, state, missing), say) if missing else state


def with_post(place: Path, state: State, say: Say) -> State:
    """Add a mail server and a webhook that keep what they are told, or start them again.

    Raises:
        CleoError: they do not start.
    """
    with folder.only_command(place):
        chosen = state.post or choose_post()
        post = Post(place, chosen)
        if state.post is None:
            state = replace(state, post=chosen)
            say(f"Starting a mail server and a webhook; what they get lies in {post.box}.")
            post.make()
            _write_inventory(place, state)
            save_state(place, state)
        post.start()
    return state


def _chosen(place: Path, state: State, wanted: Sequence[Instance]) -> list[LabService]:
    """The services that are wanted, with programs and ports; nothing is made yet."""
    folder.check_path(place, [OFFSITE, SITES, POST, *(each.name for each in wanted)])
    check_space(place, check_size(state.size, [class_of(each).small_bytes for each in wanted]))
    known, offsite = state.services(place), second_place(place, state.offsite)
    bucket, sites = offsite.first if offsite else None, state.network(place)
    for each in wanted:
        class_, primary = class_of(each), known.get(each.standby_of)
        repository = {BUCKET: msgspec.to_builtins(bucket)} if bucket and class_.can_back_up_to_bucket else {}
        stations = {STATIONS: msgspec.to_builtins(sites.stations)} if sites and class_.at_sites else {}
        instance = replace(each, settings={**class_.choose_settings(each.name, primary), **repository, **stations})
        known[each.name] = class_(instance, place, primary)
    return [known[each.name] for each in wanted]


def _add(place: Path, state: State, services: Sequence[LabService], say: Say) -> State:
    """Make the services one after the other; each is remembered as soon as it is whole."""
    for service in services:
        removal.remove_unfinished(place / service.instance.name)
        service.create(state.order(), say)
        state = state.plus(service.instance)
        _write_inventory(place, state)
        save_state(place, state)
    return state


def _with_second_place(place: Path, state: State, say: Say, *, s3: bool) -> State:
    """Start the second place of a lab that is there, or make it, and name it in the inventory."""
    chosen = choose(state.offsite, s3=s3, address=_outside(place, state))
    wanted = second_place(place, chosen)
    if wanted and chosen != state.offsite:
        if chosen.kind == "s3":
            removal.remove_unfinished(place / OFFSITE)
        wanted.create(say)
        state = replace(state, offsite=chosen)
        _write_inventory(place, state)
    elif wanted and not wanted.is_running():
        wanted.start()
    return state


def _outside(place: Path, state: State) -> str:
    """The address of this machine that all of the lab's hosts reach."""
    sites = state.network(place)
    return sites.stations[OUTSIDE].address if sites else LOOPBACK


def _write_inventory(place: Path, state: State) -> None:
    offsite = second_place(place, state.offsite)
    said, safe = (offsite.inventory_entry(), offsite.safe) if offsite else (None, None)
    write_inventory(place, state.services(place).values(), said, safe, state.network(place), state.told(place))


@contextmanager
def _made(place: SecondPlace | None, say: Say) -> Iterator[None]:
    """Make the second place while the block is at work; where the block needs it already, before that."""
    if place and place.first:
        place.create(say)
        place = None
    with ThreadPoolExecutor(max_workers=1) as pool:
        made = pool.submit(place.create, say) if place else None
        yield
        if made:
            made.result()


def _resume(service: LabService, state: State, say: Say) -> None:
    name = service.instance.name
    if service.is_running():
        say(f"The lab already runs; {service.title} is on {service.address}.")
    elif state.kept and name in state.running:
        service.start()
        say(f"{service.title} runs again on {service.address}.")
    elif state.kept or any(
        fault.system == name and not is_of_copy(fault.how) for fault in injected_faults(service.lab)
    ):
        say(f"{service.title} does not run, and is left so: faults were injected. Recover it with `cleo`,")
        say("or start over with `cleo lab down` and `cleo lab up`.")
    else:
        service.start()
        say(f"{service.title} was down without a fault (was the machine restarted?); it runs again: {service.address}.")
    for helper in service.start_helpers():
        say(f"Started {helper}.")
