"""What a test opens and has closed for it at its end, however it ends."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeVar

T = TypeVar("T", bound=AbstractContextManager[Any])
_OPENED = ExitStack()


def closed_with_the_test(opened: T) -> T:
    """Have this closed when the test ends, after the fixtures of its own module; closing it earlier does no harm."""
    _OPENED.push(opened)
    return opened


def close_all() -> None:
    """Close what was opened, in the reverse order; `tests/conftest.py` calls it after every test."""
    _OPENED.close()
