"""An API server that said no, or gave no answer: what it means, and what helps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from journal.errors import CleoError

_REACH = "See whether its control plane runs, and whether the way there (VPN, firewall) is open."
_STRANGER = "Another server has its address, or its certificates were made anew: compare certificate-authority-data."


class NoCluster(CleoError):
    """The cluster cannot be asked at all.

    Args:
        message: what stands in the way.
        hint: what to do about it.
        refused: nothing listens at its address.
        silent: no answer came in time.
    """

    def __init__(self, message: str, hint: str = "", *, refused: bool = False, silent: bool = False) -> None:
        super().__init__(message, hint)
        self.refused = refused
        self.silent = silent


class Refused(CleoError):
    """The API server took the request, and said no.

    Args:
        status: the HTTP status.
        body: the ``Status`` object that it answered with.
        what: what was asked for.
    """

    def __init__(self, status: int, body: Mapping[str, Any], what: str) -> None:
        said = str(body.get("message") or body.get("reason") or "no words")
        super().__init__(f"{what}: {said} (status {status}).", what_helps(status, said))
        self.status = status
        self.said = said
        self.reason = str(body.get("reason") or "")
        self.causes: list[Mapping[str, Any]] = list((body.get("details") or {}).get("causes") or [])


def what_helps(status: int, said: str) -> str:
    """Return what to do about a refusal; empty: its own words are all there is.

    Args:
        status: the HTTP status.
        said: what the server said. A 403 is also what quotas, limits and policies answer with, not only missing rights.
    """
    if status == 401:
        return "The credentials of the kubeconfig are not taken: log in anew."
    if "failed calling webhook" in said or "failed to call webhook" in said:
        return "Bring the webhook's backend up, or pass it over for now (kubernetes.pass_webhooks)."
    if "denied the request" in said:
        return "A policy of the cluster says no: mend what it names, or ask who keeps that policy."
    if status != 403:
        return ""
    if "exceeded quota" in said:
        return "Raise the namespace's quota, or end what uses it up: kubectl describe resourcequota."
    if re.search(r"cannot \w+ (resource|path) |attempting to grant", said):
        return "Give the kubeconfig's user that right (kubectl auth can-i --list), or use another context."
    return "The cluster's own rules say no (a limit, a pod security level): mend what is named in the manifest."


def unanswered(error: Exception, address: str, seconds: float) -> NoCluster:
    """Return what it means that no answer came.

    Args:
        error: what the client raised.
        address: where the API server is.
        seconds: how long was waited for it.
    """
    import urllib3

    reason = getattr(error, "reason", None) or error
    if "Connection refused" in str(reason):  # urllib3 counts it among the time-outs, so it is looked for first
        return NoCluster(f"{address} refuses connections: no API server listens there.", _REACH, refused=True)
    timeouts = (urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.ReadTimeoutError, TimeoutError)
    if isinstance(reason, timeouts) and not isinstance(reason, urllib3.exceptions.NewConnectionError):
        return NoCluster(f"{address} gives no answer within {seconds:g} s.", _REACH, silent=True)
    words = str(reason).rpartition(": ")[2] or type(reason).__name__
    if "CERTIFICATE" in str(reason).upper():
        return NoCluster(f"{address} is not who the kubeconfig expects: {reason}.", _STRANGER)
    return NoCluster(f"{address} cannot be asked: {words}.", _REACH)
