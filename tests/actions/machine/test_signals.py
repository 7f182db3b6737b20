"""What a signal has called may take any lock: the signal may have interrupted whoever holds it."""

from __future__ import annotations

import signal
from threading import Lock

from actions.machine.signals import told
from tests.waiting import until


def test_a_signal_that_interrupts_who_holds_the_lock_is_told_once_it_is_free_and_then_no_more() -> None:
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    lock, seen = Lock(), list[bool]()

    def see() -> None:
        with lock:
            seen.append(True)

    try:
        with told([signal.SIGUSR1], see):
            with lock:
                signal.raise_signal(signal.SIGUSR1)
                assert not seen
            until(lambda: seen)
        signal.raise_signal(signal.SIGUSR1)
        assert seen == [True]
    finally:
        signal.signal(signal.SIGUSR1, before)
