"""What helps where an API server took a request and said no, by its status and its words."""

from __future__ import annotations

import re


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
