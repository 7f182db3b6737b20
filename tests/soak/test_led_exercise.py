"""An exercise that is led: two participants and a facilitator, each at a terminal; two of the three die meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from actions.runner.lease import held
from journal.incident.fold import fold_journal
from tests.e2e.stand import CLEO
from tests.e2e.terminal import Terminal
from tests.waiting import until


def _exercise(folder: Path, env: Mapping[str, str]) -> Path:
    """Return what `cleo exercise new` makes, with its first inject for whoever leads."""
    file = folder / "ours.yaml"
    subprocess.run([CLEO, "exercise", "new", "-o", str(file)], check=True, env={**os.environ, **env})
    made = file.read_text(encoding="utf-8")
    file.write_text(made.replace("    # to: lead", "    to: lead").replace("    # hints:", "    hints:"))
    subprocess.run([CLEO, "exercise", "check", str(file)], check=True, env={**os.environ, **env})
    return file


def _take_role(console: Terminal, *keys: str) -> None:
    console.keys("b")
    console.until("I am (enter)")
    console.keys("Home", *keys, "Enter")
    console.until(lambda screen: "I am (enter)" not in screen)


def test_two_play_and_one_leads_and_consoles_die(tmp_path: Path) -> None:
    env = {"CLEO_HOME": str(tmp_path / "home")}
    file = _exercise(tmp_path, env)
    with ExitStack() as open_consoles:

        def console(who: str, *words: str, size: tuple[int, int] = (80, 24)) -> Terminal:
            return open_consoles.enter_context(Terminal([CLEO, *words], *size, {**env, "CLEO_ACTOR": f"{who}@table"}))

        ana = console("ana", "demo", "--exercise", str(file), "--speed", "1000")
        ana.until("NEXT  look at everything: 1.1.1")
        (journal,) = (tmp_path / "home").rglob("journal.db")
        name = journal.parent.name
        ben = console("ben", "demo", "--open", name)
        ben.until("NEXT  look at everything: 1.1.1")
        eve = console("eve", "exercise", "lead", name, size=(120, 40))
        eve.until("○ waits               question")
        _take_role(ben, "Down")
        _take_role(ana)
        ben.until("Understood (enter)")  # somebody leads now
        ben.keys("Enter")
        ben.until(lambda screen: "Understood" not in screen)
        eve.keys("Down", "g")
        ana.until("FOR YOU, lead: A customer calls")
        assert "A customer calls" not in ben.screen()

        os.kill(eve.program, signal.SIGKILL)
        eve = console("eve", "exercise", "lead", name, size=(120, 40))
        eve.until("! open")
        eve.keys("Down", "i")
        eve.until(lambda screen: "A hint on question" in screen and "Write (enter)" in screen)
        eve.keys("End", "Enter")  # in its first moments a dialog takes no enter but after another key
        ana.until("FOR YOU, lead: What do you know for certain?")
        eve.keys("f")
        eve.until("Write (enter)")
        eve.type("@scribe Whom do you tell? | Users | The press")
        eve.keys("Enter")
        ben.until("(1 Users; 2 The press)")
        ben.keys("n")
        ben.until("Answer (enter)")
        ben.type("2 they know already")
        ben.keys("Enter")
        eve.until("Answer to inject free-1 — The press — they know already")
        eve.keys("p")
        for one in (ana, ben):
            one.until("PAUSED by eve")
        eve.keys("p")
        for one in (ana, ben):
            one.until(lambda screen: "PAUSED" not in screen)

        ana.keys("Enter")  # looks at everything
        until(lambda: fold_journal(journal).runs)
        eve.keys("b")
        eve.until("Rewind (enter)")
        eve.keys("End", "Enter")
        for one in (ana, ben):
            one.until("REWOUND by eve")
        eve.until("○ waits               question")
        assert not fold_journal(journal).runs

        os.kill(ana.program, signal.SIGKILL)
        ana = console("ana", "demo", "--plain", "--open", name)
        ana.until("1.1.1 >")
        eve.keys("i")
        eve.until("Write (enter)")
        eve.type("@ana look around")
        eve.keys("Enter")
        ana.until("Hint — For ana: look around")
        until(lambda: not fold_journal(journal).review.paused)
        for one, key in ((ben, "q"), (eve, "q")):
            one.keys(key)
        ana.type("q")
        ana.keys("Enter")
        until(lambda: not held(journal.parent))
    assert len(fold_journal(journal).rewound) == 1
    subprocess.run([CLEO, "journal", "verify", str(journal)], check=True, env={**os.environ, **env})
