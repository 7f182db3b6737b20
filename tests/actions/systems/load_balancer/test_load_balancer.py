"""A load balancer's actions against a real HAProxy, with users who count what they get."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.outcome import ActionFailed
from actions.system_type import load
from actions.systems.load_balancer import SYSTEM
from actions.systems.load_balancer.balancer import Balancer
from cleo_console.lab.load_balancer import processes
from tests.actions.contexts import RunnerDied
from tests.actions.systems.load_balancer.balancers import NAME, BalancerLab, balancer_lab, request, wait_until

pytestmark = pytest.mark.xdist_group("load_balancer")

BEFORE = {"s1": ("ready", 100), "s2": ("ready", 100), "d1": ("maint", 100), "d2": ("maint", 100)}
READY = BEFORE | {"d1": ("ready", 0), "d2": ("ready", 0)}
MOVED = {"s1": ("maint", 0), "s2": ("maint", 0), "d1": ("ready", 100), "d2": ("ready", 100)}


@pytest.fixture(scope="module")
def made() -> Iterator[BalancerLab]:
    with balancer_lab() as lab:
        yield lab


@pytest.fixture
def lb(made: BalancerLab) -> Iterator[BalancerLab]:
    """The load balancer as it was made: primary serves, dr is in maintenance."""
    inventory, place = made.inventory.read_text(), made.place
    yield made
    made.inventory.write_text(inventory)
    processes.end_haproxy(place)
    for name in processes.SERVERS:
        place.red(name).unlink(missing_ok=True)
    Path(f"{place.state_file}.cleo").unlink(missing_ok=True)
    place.config.write_text(place.configuration())
    place.state_file.write_text("1\n")
    made.service.start()


def failed(seen: Counter[str]) -> dict[str, int]:
    return {answer: number for answer, number in seen.items() if answer not in processes.SERVERS}


def test_users_are_moved_by_steps_and_lose_no_request(lb: BalancerLab) -> None:
    dry = lb.context(dry_run=True)
    assert "would make the dr pool" in lb.do("update", dry, dr_site=True).summary
    assert "d1: maint weight 100 → ready weight 0" in "\n".join(dry.lines)
    assert lb.settings_now() == BEFORE
    with lb.users() as seen:
        wait_until(lambda: {"s1", "s2"} <= set(seen), "nobody serves")
        updated = lb.do("update", dr_site=True)
        assert updated.ok and updated.facts["healthy"] == 2
        assert lb.settings_now() == READY
        tested = lb.do("test_traffic", each=5)
        assert tested.ok and tested.facts["requests"] == 10
        assert not {"d1", "d2"} & set(seen), "users were sent to what was not tested"
        context = lb.context()
        moved = lb.do("enable_traffic", context)
        assert moved.ok and moved.facts["error_rate"] == 0, moved
        assert [line for line in context.lines if line.startswith("steps")] == ["steps: 5 %, 25 %, 100 %"]
        assert lb.settings_now() == MOVED
        before = Counter(seen)
        wait_until(lambda: {"d1", "d2"} <= set(seen - before), "dr does not serve")
        assert lb.do("reload").ok
        assert lb.settings_now() == MOVED
        back = lb.do("put_back")
        assert back.ok, back
    assert failed(seen) == {}
    assert seen.total() > 50
    assert lb.settings_now() == BEFORE
    assert lb.do("verify").ok


def test_what_a_restart_forgets_is_found_and_set_again(lb: BalancerLab) -> None:
    lb.do("update", dr_site=True)
    lb.break_("lose-state")
    health = lb.health()
    assert health.status == "degraded" and "not as it was set: d1" in health.detail
    seen = lb.do("verify")
    assert not seen.ok and "d1: runs otherwise than it was set in INC-1" in seen.summary
    assert seen.cures[0].params == {"set_again": True}
    assert lb.do("reload", set_again=True).ok
    assert lb.settings_now() == READY
    assert lb.do("verify").ok


def test_a_dead_server_gets_no_user(lb: BalancerLab) -> None:
    lb.break_("kill-dr-server")
    updated = lb.do("update", dr_site=True)
    assert updated.ok and updated.facts["healthy"] == 1
    assert [finding.about for finding in updated.findings] == ["d2"]
    tested = lb.do("test_traffic", each=3)
    assert not tested.ok and "d2" in tested.summary and "DOWN" in tested.summary
    with pytest.raises(ActionFailed, match="d2") as refused:
        lb.do("enable_traffic")
    assert refused.value.cures[1].params == {"without": "d2"}
    assert lb.settings_now() == READY
    assert lb.do("test_traffic", each=1, without="d2").ok


def test_healthy_is_not_ready(lb: BalancerLab) -> None:
    lb.break_("not-ready")
    assert lb.do("update", dr_site=True).facts["healthy"] == 2
    tested = lb.do("test_traffic", each=3)
    assert not tested.ok and tested.facts["failed_requests"] == 3
    assert "d2 did not serve: 3 requests: 3 × 503" in tested.summary
    with pytest.raises(ActionFailed, match="503"):
        lb.do("enable_traffic")
    assert lb.settings_now() == READY


def test_a_step_that_goes_wrong_is_taken_back(lb: BalancerLab) -> None:
    lb.set_inventory("step_s: 0.2", "step_s: 30")
    lb.do("update", dr_site=True)

    def spoil() -> None:
        wait_until(lambda: lb.look().servers["d2"].weight > 0, "no step began")
        lb.place.red("d2").touch()

    spoiler = threading.Thread(target=spoil)
    spoiler.start()
    with lb.users() as seen, pytest.raises(ActionFailed, match="At 5 % of the users: d2 did not serve"):
        lb.do("enable_traffic")
    spoiler.join()
    assert lb.settings_now() == READY
    assert failed(seen) == {}


def test_no_server_of_the_new_site_and_users_stay(lb: BalancerLab) -> None:
    for name in ("d1", "d2"):
        found = processes.server(lb.place, name)
        assert found
        processes.end(lb.place, found)
    lb.set_inventory("health_s: 5.0", "health_s: 1.0")
    with lb.users() as seen, pytest.raises(ActionFailed, match="No server of the dr pool passed a check"):
        lb.do("update", dr_site=True)
    assert failed(seen) == {} and set(seen) == {"s1", "s2"}
    assert lb.do("put_back").ok
    assert lb.settings_now() == BEFORE


def test_a_drain_has_an_end(lb: BalancerLab) -> None:
    lb.set_inventory("drain_s: 1.5", "drain_s: 0.3")
    lb.do("update", dr_site=True)
    answers: list[str] = []
    slow = threading.Thread(target=lambda: answers.append(request(lb.place.port, "/slow", "s1")))
    with lb.users(cookie="s1") as holder:
        wait_until(lambda: holder["s1"], "nobody holds the cookie")
        moved = lb.do("enable_traffic")
        assert moved.ok and "still draining" in moved.summary and moved.facts["late_requests"] > 0
        assert [finding.about for finding in moved.findings] == ["old pool"]
        assert lb.settings_now()["s1"] == ("drain", 0), "DRAIN serves who holds the cookie"
        (lb.place.directory / "s1.hold").touch()
        slow.start()
        wait_until(lambda: lb.look().servers["s1"].sessions, "nothing is open")
        ended = lb.do("enable_traffic", cut=True)
    slow.join()
    (lb.place.directory / "s1.hold").unlink()
    assert ended.ok and lb.settings_now() == MOVED
    assert ended.facts["sessions_left"] > 0
    assert "s1" not in answers, "what was open was to be ended"


def test_two_primaries_are_never_written_to(lb: BalancerLab) -> None:
    lb.set_inventory("one_primary: true", "one_primary: false")
    action = load(SYSTEM.actions[f"{NAME}.enable_traffic"])
    gate = action.live["old-site"]
    lb.do("update", dr_site=True)
    closed = gate(lb.context())
    assert closed and closed.opens == "load_balancer.isolate" and "s1 (UP)" in closed.message
    lb.break_("lose-primary")
    wait_until(lambda: all(lb.look().servers[name].is_dead for name in ("s1", "s2")), "they are still up")
    shown = lb.do("isolate", lb.context(dry_run=True)).summary
    assert "no server is left for users" in shown
    assert gate(lb.context()) is None, "what is down may come back: it is taken out before users are let in"
    context = lb.context()
    assert lb.do("enable_traffic", context).ok
    lines = [line for line in context.lines if line.startswith("set server api/")]
    assert [line.split()[2:5] for line in lines][:2] == [[f"api/{name}", "state", "maint"] for name in ("s1", "s2")]
    assert "steps: 100 %" in context.lines
    assert lb.settings_now()["d1"] == ("ready", 100)
    back = load(SYSTEM.actions[f"{NAME}.put_back"]).live["old-site"](lb.context())
    assert back and "what they wrote there" in back.message


def test_a_configuration_that_cannot_start_is_found_before_a_reload(lb: BalancerLab) -> None:
    before = lb.look().pid
    lb.break_("break-config")
    with pytest.raises(ActionFailed, match=r"could not start with .*d3"):
        lb.do("reload")
    assert lb.look().pid == before
    assert "could not start with it" in lb.do("verify").summary
    text = lb.place.configuration().replace("  server-state-file", "  # server-state-file")
    lb.place.config.write_text(text)
    assert "a reload forgets what was set at run time" in str(lb.do("verify").findings)


def test_an_address_of_the_old_site_is_found_and_set_right(lb: BalancerLab) -> None:
    wrong = lb.place.configuration().replace(
        f"d2 127.0.0.1:{lb.place.ports['d2']}", f"d2 127.0.0.1:{lb.place.ports['s2']}"
    )
    lb.place.config.write_text(wrong)
    lb.break_("lose-state")
    assert "d2: HAProxy sends to" in lb.do("verify").summary
    updated = lb.do("update", dr_site=True)
    assert updated.ok and f"Correct {lb.place.config}" in str(updated.findings)
    assert lb.look().servers["d2"].address == f"127.0.0.1:{lb.place.ports['d2']}"
    assert lb.do("test_traffic", each=2).ok


def test_a_runner_that_dies_half_way_is_taken_over(lb: BalancerLab) -> None:
    for action, keys in (
        ("update", ["update"]),
        ("enable_traffic", ["share-25"]),
    ):
        context, params = lb.context(), {"dr_site": True} if action == "update" else {}
        registered = load(SYSTEM.actions[f"{NAME}.{action}"])
        for key in keys:
            context.dies_after = key
            with pytest.raises(RunnerDied):
                context.reenter(registered, **params)
        assert context.reenter(registered, **params).ok
    assert lb.settings_now() == MOVED
    assert lb.do("put_back").ok
    assert lb.settings_now() == BEFORE, "what was before is what was before the first of them"


def test_an_error_is_never_taken_for_success(lb: BalancerLab) -> None:
    found = Balancer(lb.context(), NAME)
    with pytest.raises(ActionFailed, match="No such server"):
        found.send("wrong", ["set server api/nobody state ready"])
    assert lb.do("isolate", site="dr").ok, "it was out already"
    with pytest.raises(ActionFailed, match="no pool of the site moon"):
        lb.do("isolate", site="moon")


def test_health_tells_down_from_a_stranger(lb: BalancerLab) -> None:
    wait_until(lambda: lb.health().status == "up", "it is not up")
    lb.set_inventory("backend: api", "backend: shop")
    assert lb.health().status == "not measured" and "no backend shop" in lb.health().detail
    lb.set_inventory("backend: shop", "backend: api")
    lb.break_("kill")
    assert lb.health().status == "down"
    assert lb.service.status().pids["haproxy"] is None
    with socket.socket(socket.AF_UNIX) as stranger:
        lb.place.socket.unlink(missing_ok=True)
        stranger.bind(str(lb.place.socket))
        assert lb.health().status == "down"
    lb.place.socket.unlink()
