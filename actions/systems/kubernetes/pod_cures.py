"""What helps a pod that does not serve, by why it does not."""

from __future__ import annotations

from collections.abc import Mapping

from actions.outcome import Cure

_PULL = ("ImagePullBackOff", "ErrImagePull", "RegistryUnavailable")
_AGAIN = "then apply again"
_COMMAND = f"Its command cannot be started: mend command, args or the image in the manifest; {_AGAIN}."
_BY_REASON: Mapping[str, str] = {
    "InvalidImageName": f"Mend the image's name in the manifest; {_AGAIN}.",
    "CreateContainerConfigError": "Make the ConfigMap or Secret that is missing; the pods go on by themselves.",
    "CreateContainerError": _COMMAND,
    "RunContainerError": _COMMAND,
    "StartError": _COMMAND,
    "CrashLoopBackOff": "Read why it ends: kubectl logs {pod} --previous. It often is a store that does not answer.",
    "OOMKilled": f"Raise its memory limit (resources.limits.memory), or end what takes the memory; {_AGAIN}.",
    "ProbeFailed": "It is ended for not answering its probe: see what that page waits for, or give it more time.",
    "NotReady": "See what its readiness waits for (a store that does not answer?): kubectl logs {pod}",
    "FailedMount": "Make the Secret, ConfigMap or volume that the event names; the pods go on by themselves.",
    "FailedCreatePodSandBox": "The node cannot give it a network: see its CNI and kubelet log, or take another node.",
    "Evicted": "Its node ran out of what is named: free it there; another pod is made meanwhile.",
    "NodeLost": "Bring {node} back. Or prove that the machine is off (its power), and only then: "
    "kubectl delete node {node}; its pods are made elsewhere then.",
    "Kept": "Nothing of it runs. Whoever set its finalizers must take them away: kubectl get pod {pod} -o yaml",
    "Unschedulable": "See which nodes there are, and what the pod asks of them: kubectl describe pod {pod}",
}
_BY_WORDS: Mapping[str, Mapping[str, str]] = {
    "CreateContainerConfigError": {
        "runAsNonRoot": f"Its image runs as root: name another user (runAsUser), or build it so; {_AGAIN}.",
    },
    "CrashLoopBackOff": {
        "exit code 0": f"It ends by itself as if all were done: name a server's command in the manifest; {_AGAIN}.",
    },
    "Evicted": {
        "exceeds the limit": f"It wrote more than it may: see what it writes, or raise that limit; {_AGAIN}.",
    },
    "Unschedulable": {
        "disk-pressure": "A node's disk is full: free some there (images, logs); the pods go on by themselves.",
        "memory-pressure": "A node has no memory left: end what takes it, or add a node.",
        "pid-pressure": "A node has too many processes: end what makes them, or add a node.",
        "node.kubernetes.io/unreachable": "A node is lost: bring it back, or add one; force nothing away unproven.",
        "node.kubernetes.io/not-ready": "A node is not ready: see kubectl describe node; bring it back, or add one.",
        "unschedulable": "A node was cordoned: kubectl uncordon NODE, once whoever did that agrees.",
        "persistentvolumeclaim": "Make the volume claim that is named, or its storage class, with what belongs in it.",
        "Insufficient": f"Add a node, end what is not needed, or ask for less (resources.requests) and {_AGAIN}.",
    },
}
"""What helps where the words hold another one, the first that fits."""
_CLOSER = "Look closer: kubectl describe pod {pod}, then its log."


def cure(reason: str, words: str, pod: str, node: str = "") -> Cure:
    """Return what helps.

    Args:
        reason: why a pod does not serve, in a word.
        words: the same in words.
        pod: its name.
        node: the node that it is on.
    """
    if reason in _PULL:
        why = "Have the nodes pull the images: it names what cannot be pulled, and why."
        return Cure(words=why, action="kubernetes.pull_images")
    narrower = (text for word, text in _BY_WORDS.get(reason, {}).items() if word in words)
    return Cure(words=next(narrower, _BY_REASON.get(reason, _CLOSER)).format(pod=pod, node=node or "NODE"))
