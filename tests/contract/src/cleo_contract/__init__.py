"""What every type of system must pass: derive `SystemUnderTest`, give `Contract` a fixture that makes one, run pytest.

class TestMySystem(Contract):
    @pytest.fixture(scope="class")
    def system(self) -> Iterator[SystemUnderTest]:
        with my_running_system() as found:
            yield found
"""

from cleo_contract.contract import Contract
from cleo_contract.system import SystemUnderTest

__all__ = ["Contract", "SystemUnderTest"]
