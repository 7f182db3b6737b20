"""An ELBv2's health: whether its API answers, and what users are sent to."""

from __future__ import annotations

from actions.health import Health, silent
from actions.systems.load_balancer.elbv2.api import Api, ApiTrouble
from actions.systems.load_balancer.elbv2.look import look
from actions.systems.load_balancer.elbv2.seen import Elbv2Seen
from actions.systems.load_balancer.settings import Elbv2Settings, LoadBalancerSettings
from journal.errors import CleoError

_ANSWER = 0.4
"""Of the deadline: for a connection, and for an answer. The first that is not had ends it."""


def probe_elbv2(settings: LoadBalancerSettings, own: Elbv2Settings, deadline_s: float) -> Health | Elbv2Seen:
    """Return what is seen of it, or that nothing is: an API that does not answer says nothing of the load balancer."""
    try:
        return look(Api(own, timeout_s=deadline_s * _ANSWER, tries=1), settings)
    except ApiTrouble as error:
        return silent(error.message, {}) if error.silent else Health(status="not measured", detail=error.message)
    except CleoError as error:
        return Health(status="not measured", detail=error.message)
