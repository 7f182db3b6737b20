"""Validation: whether the application works for its users, asked at its API as they do.

Needs: the API's address within reach of cleo; a test user with a password; for suites, pytest on their host.
"""

from actions.system_type import SystemType

_HERE = "actions.systems.validation"

SYSTEM = SystemType(
    name="validation",
    title="Application",
    settings=f"{_HERE}.settings:ValidationSettings",
    probe=f"{_HERE}.probe:probe",
    examine=f"{_HERE}.examine:examine",
    actions={
        "validation.data": f"{_HERE}.data:check_data",
        "validation.api": f"{_HERE}.api:check_api",
        "validation.auth": f"{_HERE}.auth:check_auth",
        "validation.revoke_tokens": f"{_HERE}.revoke:revoke_tokens",
        "validation.smoke": f"{_HERE}.suites:smoke",
        "validation.integration": f"{_HERE}.suites:integration",
        "validation.performance": f"{_HERE}.performance:performance",
    },
    simulated=f"{_HERE}:simulated",
    ready=f"{_HERE}.ready:READY",
    lab="cleo_console.lab.validation.service:ApplicationService",
)
