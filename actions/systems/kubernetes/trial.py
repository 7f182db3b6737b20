"""One object as the server would take it, or takes it: what becomes another, who is in the way, why it is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from actions.systems.kubernetes.by_hand import MANAGER
from actions.systems.kubernetes.cluster import Cluster
from actions.systems.kubernetes.difference import differences
from actions.systems.kubernetes.held import kept_field
from actions.systems.kubernetes.manifests import Manifest, Object
from actions.systems.kubernetes.refusals import Refused

_OTHER_VERSIONS = (
    "batch/v1",
    "batch/v1beta1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
)
_STAND_IN = "default"
"""The namespace in which the server tries an object whose own is not there yet."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one object.

    Attributes:
        manifest: the object.
        new: it is not there yet.
        changes: what becomes another.
        conflicts: who else owns a field that the manifest sets.
        refusal: why the server refuses it; empty: it takes it.
        hint: what to do about that.
        note: what could not be tried, and why.
    """

    manifest: Manifest
    new: bool = False
    changes: list[str] = []
    conflicts: list[str] = []
    refusal: str = ""
    hint: str = ""
    note: str = ""

    @property
    def verb(self) -> str:
        """What an apply does to it."""
        return "created" if self.new else "configured"

    def lines(self) -> list[str]:
        """Return what is shown of it."""
        if self.refusal:
            return [f"! {self.manifest.told} ({self.manifest.file}): {self.refusal}"]
        state = "new" if self.new else f"{len(self.changes)} changes" if self.changes else "unchanged"
        note = f"  ({self.note})" if self.note else ""
        return [
            f"{self.manifest.told}: {state}{note}",
            *(f"  ! {line}" for line in self.conflicts),
            *(f"  {line}" for line in self.changes),
        ]


class Applier:
    """Tries and applies objects at one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def attempt(self, one: Manifest, beside: Sequence[Manifest], *, dry_run: bool = True, force: bool = False) -> Tried:
        """Try an object at the server, or apply it.

        Args:
            one: the object.
            beside: what is applied with it: a namespace or a kind among them is there by then.
            dry_run: only say what would become of it.
            force: take over fields that others own.

        Raises:
            NoCluster: the server does not answer.
        """
        kind = self._cluster.kind(one.api, one.kind)
        if kind is None:
            if any(_defines(each, one) for each in beside):
                return Tried(
                    manifest=one,
                    new=True,
                    changes=differences(None, one.body),
                    note="its kind is made with it: not tried",
                )
            return Tried(
                manifest=one,
                refusal=self._unknown(one),
                hint="Change its apiVersion, or install what brings that kind.",
            )
        namespace = one.namespace
        note = ""
        if kind.namespaced and self._comes_with(namespace, beside):
            namespace, note = _STAND_IN, f"tried in {_STAND_IN}: namespace {one.namespace} is made with it"
        body = {
            **one.body,
            "metadata": {**one.body["metadata"], **({"namespace": namespace} if kind.namespaced else {})},
        }
        before = None if note else self._cluster.find(kind.path(namespace, one.name))
        if field := kept_field(before):
            body = {**body, "spec": {key: value for key, value in body["spec"].items() if key != field}}
            note = f"{field} stays as writers were stopped or let go"
        return self._asked(one, kind.path(namespace, one.name), body, before, note, dry_run=dry_run, force=force)

    def _asked(
        self, one: Manifest, path: str, body: Object, before: Object | None, note: str, *, dry_run: bool, force: bool
    ) -> Tried:
        """Have the server try or take it; what others own is told, with what would become of it all the same."""
        conflicts: list[str] = []
        try:
            after = self._cluster.apply(path, body, MANAGER, dry_run=dry_run, force=force)
        except Refused as error:
            conflicts = _conflicts(one, error)
            if not conflicts:
                return Tried(manifest=one, new=before is None, refusal=error.said, hint=_helps(one, error), note=note)
            if not dry_run:
                return Tried(manifest=one, new=before is None, conflicts=conflicts)
            try:
                after = self._cluster.apply(path, body, MANAGER, dry_run=True, force=True)
            except Refused as again:
                return Tried(manifest=one, new=before is None, refusal=again.said, hint=_helps(one, again), note=note)
        shown = differences(before, after if before else one.body)
        return Tried(manifest=one, new=before is None, changes=shown, conflicts=conflicts, note=note)

    def _comes_with(self, namespace: str, beside: Sequence[Manifest]) -> bool:
        """Whether a namespace is not there, and is applied with the rest."""
        made = any(one.kind == "Namespace" and one.name == namespace for one in beside)
        return made and self._cluster.find(f"/api/v1/namespaces/{namespace}") is None

    def _unknown(self, one: Manifest) -> str:
        others = [api for api in _OTHER_VERSIONS if api != one.api and self._cluster.kind(api, one.kind)]
        has = f"; it has that of {', '.join(others)}" if others else ""
        return f"the cluster knows no {one.kind} of {one.api}{has}"


def _defines(definition: Manifest, one: Manifest) -> bool:
    if definition.kind != "CustomResourceDefinition":
        return False
    spec = definition.body.get("spec") or {}
    return (spec.get("names") or {}).get("kind") == one.kind and one.api.startswith(f"{spec.get('group')}/")


def _conflicts(one: Manifest, error: Refused) -> list[str]:
    """Return who owns which field, where that is why the server says no."""
    found = [cause for cause in error.causes if cause.get("reason") == "FieldManagerConflict"]
    return [f"{one.told} {str(cause.get('field')).removeprefix('.')}: {_owner(cause)}" for cause in found]


def _owner(cause: Mapping[str, object]) -> str:
    said = re.search(r'conflict with "([^"]+)"', str(cause.get("message")))
    return f"{said[1]} owns it" if said else str(cause.get("message"))


def _helps(one: Manifest, error: Refused) -> str:
    """Return what to do about a refusal."""
    if "immutable" in error.said:
        return f"{one.told} cannot be changed so: remove it and apply again (its pods go), or keep that field as it is."
    if "does not support dry run" in error.said:
        return "Its owner must say that it has no side effects (sideEffects: None); until then apply by kubectl."
    if "is being terminated" in error.said:
        return (
            f"Wait until the namespace {one.namespace} is gone, and apply again; what holds it, it says itself: "
            f"kubectl get namespace {one.namespace} -o yaml"
        )
    if error.hint:
        return error.hint
    if error.reason == "NotFound" and "namespaces" in error.said:
        return f"Make the namespace first: kubectl create namespace {one.namespace}"
    return ""
