"""A cluster's API server: asked and changed by paths, each request with a deadline of its own.

The `kubernetes` client reads the kubeconfig, logs in and speaks TLS. Its dynamic client is not used: it discovers
without a deadline, and keeps what it found in a file under a name in /tmp that anybody could have made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from actions.kube_client import BadKubeconfig, load_client
from actions.kube_login import LOGIN_S, forget
from actions.systems.kubernetes.kinds import Kind, root
from actions.systems.kubernetes.refusals import NoCluster, Refused, unanswered
from actions.systems.kubernetes.settings import KubernetesSettings

if TYPE_CHECKING:
    from kubernetes.client import ApiClient, Configuration

REQUEST_S = 15.0
"""Seconds that one request may take."""
WRITE_S = 40.0
"""Seconds that one that changes something may take at least: the server gives webhooks up to 30 s, and says then which
of them did not answer."""
Object = dict[str, Any]


class Cluster:
    """One cluster, by the inventory's kubeconfig.

    Args:
        settings: what the inventory says of it.
        request_s: seconds that one request may take.
        login_s: seconds that the kubeconfig's login program may take, where it names one.
    """

    def __init__(self, settings: KubernetesSettings, request_s: float = REQUEST_S, login_s: float = LOGIN_S) -> None:
        self.settings = settings
        self.request_s = request_s
        self._login_s = login_s
        self._kinds: dict[str, dict[str, Kind]] = {}

    @cached_property
    def _client(self) -> ApiClient:
        """Return the client that the kubeconfig describes.

        Raises:
            NoCluster: it cannot be read, has no such context, or nobody can log in.
        """
        try:
            return load_client(self.settings.kubeconfig_file, self.settings.context, self._login_s)
        except BadKubeconfig as error:
            raise NoCluster(error.message, error.hint) from error

    def log_in(self) -> None:
        """Read the kubeconfig, and have its login program give credentials.

        Raises:
            NoCluster: it cannot be used, or nobody can log in.
        """
        _ = self._client

    @property
    def address(self) -> str:
        """Where the API server is."""
        return str(self._client.configuration.host)

    @property
    def configuration(self) -> Configuration:
        """What the kubeconfig says, as the client has it.

        Raises:
            NoCluster: it cannot be used.
        """
        known: Configuration = self._client.configuration
        return known

    @property
    def token(self) -> str:
        """Return the token that requests are made with; empty: there is none."""
        given = (self._client.configuration.api_key or {}).get("BearerToken", "")
        return str(given).removeprefix("Bearer ")

    def ask(self, path: str, **query: str) -> Object:
        """Return what lies at a path.

        Raises:
            Refused: the API server says no (404 too).
            NoCluster: it does not answer.
        """
        return self._request("GET", path, query)

    def find(self, path: str) -> Object | None:
        """Return the object at a path; None where there is none."""
        try:
            return self.ask(path)
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def items(self, path: str, **query: str) -> list[Object]:
        """Return every object of a list, with its kind and API version, which a list leaves out."""
        listed = self.ask(path, **query)
        kind, api = str(listed["kind"]).removesuffix("List"), listed["apiVersion"]
        return [{"kind": kind, "apiVersion": api, **one} for one in listed.get("items") or []]

    def visible(self, path: str) -> list[Object] | None:
        """Return every object of a list; None where our user may not look at it.

        Raises:
            Refused: the API server says no for another reason.
            NoCluster: it does not answer.
        """
        try:
            return self.items(path)
        except Refused as error:
            if error.status == 403:
                return None
            raise

    def apply(self, path: str, body: Object, manager: str, *, dry_run: bool, force: bool) -> Object:
        """Apply an object on the server's side, and return what it is then.

        Args:
            path: its path.
            body: the fields that are meant; fields that were applied before and are missing now are removed.
            manager: who owns these fields.
            dry_run: only say what it would be.
            force: take fields over from whoever owns them.

        Raises:
            Refused: the server, a schema or a webhook says no; status 409: somebody else owns a field.
            NoCluster: it does not answer.
        """
        query = {"fieldManager": manager, "force": str(force).lower(), **({"dryRun": "All"} if dry_run else {})}
        return self._request("PATCH", path, query, body, "application/apply-patch+yaml")

    def merge(self, path: str, body: Object, manager: str, *, by_name: bool = False) -> Object:
        """Change some fields of an object, and return what it is then.

        Args:
            path: its path.
            body: the fields; one that is None is removed. With its ``resourceVersion``, only if it still is that one.
            manager: who owns these fields from then on.
            by_name: entries of a list go by their names (a strategic merge); else a list is replaced as a whole.

        Raises:
            Refused: the API server says no; status 409: it is another version by now.
            NoCluster: it does not answer.
        """
        content = f"application/{'strategic-' if by_name else ''}merge-patch+json"
        return self._request("PATCH", path, {"fieldManager": manager}, body, content)

    def text(self, path: str, **query: str) -> str:
        """Return what lies at a path that holds no object: a container's log.

        Raises:
            Refused: the API server says no.
            NoCluster: it does not answer.
        """
        status, text = self._answer("GET", path, query, None, "")
        if status != 200:
            self._answered(status, text, f"GET {path}")
        return text.decode("utf-8", "replace")

    def create(self, path: str, body: Object) -> Object:
        """Make an object in a list.

        Raises:
            Refused: the API server says no.
            NoCluster: it does not answer.
        """
        return self._request("POST", path, {}, body)

    def delete(self, path: str) -> None:
        """Remove an object at once; one that is gone already is no error.

        Raises:
            Refused: the API server says no.
            NoCluster: it does not answer.
        """
        try:
            self._request("DELETE", path, {"gracePeriodSeconds": "0"})
        except Refused as error:
            if error.status != 404:
                raise

    def kind(self, api: str, kind: str) -> Kind | None:
        """Return a kind as the cluster has it; None: it has none of that name in that API version."""
        if api not in self._kinds:
            listed = self.find(root(api)) or {}
            self._kinds[api] = {
                one["kind"]: Kind(api, one["kind"], one["name"], bool(one["namespaced"]))
                for one in listed.get("resources") or []
                if "/" not in one["name"]
            }
        return self._kinds[api].get(kind)

    def _request(
        self, method: str, path: str, query: Mapping[str, str], body: Object | None = None, content: str = ""
    ) -> Object:
        """Make one request, and return the object that it is answered with."""
        status, text = self._answer(method, path, query, body, content)
        return self._answered(status, text, f"{method} {path}")

    def _answer(
        self, method: str, path: str, query: Mapping[str, str], body: Object | None, content: str
    ) -> tuple[int, bytes]:
        """Make one request, and return the status and the bytes that it is answered with."""
        import urllib3
        from kubernetes.client import ApiException

        headers = {"Accept": "application/json", "Content-Type": content or "application/json"}
        seconds = self.request_s if method == "GET" else max(self.request_s, WRITE_S)
        client = self._client
        try:
            asked = client.param_serialize(
                method,
                path,
                query_params=list(query.items()),
                header_params=headers,
                body=body,
                auth_settings=["BearerToken"],
            )
            answer: Any = client.call_api(*asked, _request_timeout=seconds)
            if answer.status == 401:
                forget()
            return int(answer.status), answer.read()
        except BadKubeconfig as error:
            raise NoCluster(error.message, error.hint) from error
        except (ApiException, urllib3.exceptions.HTTPError, OSError) as error:
            raise unanswered(error, self.address, seconds) from error

    def _answered(self, status: int, text: bytes, what: str) -> Object:
        try:
            found = json.loads(text)
        except ValueError:
            found = {"message": text[:200].decode("utf-8", "replace").strip()}
        if not isinstance(found, dict):
            found = {"message": "an answer that is no object"}
        if not 200 <= status <= 299:
            raise Refused(status, found, what)
        return found
