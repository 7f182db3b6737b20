"""Everything that is opened by name is there."""

from __future__ import annotations

from pkgutil import resolve_name

import pytest

from screens.lazy import PALETTE, SCREENS


@pytest.mark.parametrize("where", [*SCREENS.values(), PALETTE])
def test_each_name_leads_to_something_that_can_be_called(where: str) -> None:
    assert callable(resolve_name(where))
