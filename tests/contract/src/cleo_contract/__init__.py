"""What every type of system must pass: derive `SystemUnderTest`, give `Contract` a fixture that makes one, run pytest.

class TestMySystem(Contract):
    @pytest.fixture(scope="class")
    def system(self) -> Iterator[SystemUnderTest]:
        with my_running_system() as found:
            yield found

A type without data and server derives from `PlainContract`; one whose data are restored, and that is no server, from
`RestoringContract`, too.
"""

import pytest

for _module in ("acting", "declaration", "incident", "looking", "restoring", "serving"):
    pytest.register_assert_rewrite(f"cleo_contract.{_module}")

from cleo_contract.contract import Contract, PlainContract  # noqa: E402  # asserts say more once they are rewritten
from cleo_contract.restoring import RestoringContract  # noqa: E402
from cleo_contract.system import SystemUnderTest  # noqa: E402

__all__ = ["Contract", "PlainContract", "RestoringContract", "SystemUnderTest"]
