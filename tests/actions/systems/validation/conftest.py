"""One lab for all tests of the application: they share a worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.actions.systems.validation.application_lab import ApplicationLab, application_lab


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApplicationLab]:
    with application_lab(tmp_path_factory.mktemp("validation")) as found:
        yield found
