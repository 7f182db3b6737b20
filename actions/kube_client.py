"""The client that a kubeconfig describes: for systems on a cluster, and for programs in a pod."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from actions.kube_login import LOGIN_S, Credentials, NoLogin, log_in
from journal.errors import CleoError

if TYPE_CHECKING:
    from kubernetes.client import ApiClient, Configuration


class BadKubeconfig(CleoError):
    """A kubeconfig cannot be read, has no such context, or its credentials cannot be had."""


def load_client(file: Path, context: str, login_s: float = LOGIN_S) -> ApiClient:
    """Return a client that tries nothing twice: each try would take a deadline of its own.

    Args:
        file: the kubeconfig.
        context: which of its contexts; empty: its current one.
        login_s: seconds for a login program, if the kubeconfig names one.

    Raises:
        BadKubeconfig: it is of no use, or its login program gives no credentials in time.
    """
    import kubernetes  # noqa: F401  # whole, before a part: threads that each begin with another part get it half made
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException

    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it would warn on our terminal
    made = Configuration()
    made.retries = False
    try:
        return _loaded(file, context, made, login_s)
    except NoLogin as error:
        raise BadKubeconfig(error.message, error.hint) from error
    except (ConfigException, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadKubeconfig(
            f"The kubeconfig {file} cannot be used: {words}.",
            "Compare it with kubectl config view; log in anew where its credentials come from a program.",
        ) from error


def _loaded(file: Path, context: str, made: Configuration, login_s: float) -> ApiClient:
    """Return the client; a login program is run by us, another provider's token is had within the same time."""
    from kubernetes.config import new_client_from_config, new_client_from_config_dict

    whole, user = _read(file, context)
    more: dict[str, Any] = {"persist_config": False, "client_configuration": made}
    if "auth-provider" in user:
        load: Any = new_client_from_config
        return _within(login_s, lambda: load(str(file), context or None, **more))
    if "exec" not in user or user.get("token") or user.get("tokenFile"):
        load = new_client_from_config
        return load(str(file), context or None, **more)  # type: ignore[no-any-return]
    said = user.pop("exec")
    given = log_in(said, file, login_s)
    user |= _as_user(given)
    load = new_client_from_config_dict
    found: ApiClient = load(whole, context or None, **more)
    made.refresh_api_key_hook = lambda now: _refresh(now, said, file)  # type: ignore[assignment]
    return found


def _as_user(given: Credentials) -> dict[str, str]:
    """Return credentials as a kubeconfig has them."""
    if given.token:
        return {"token": given.token}
    return {
        "client-certificate-data": b64encode(given.certificate.encode()).decode(),
        "client-key-data": b64encode(given.key.encode()).decode(),
    }


def _refresh(now: Configuration, said: Mapping[str, Any], file: Path) -> None:
    """Have a token that is about to end replaced, before a request is made with it."""
    try:
        given = log_in(said, file)
    except NoLogin as error:
        raise BadKubeconfig(error.message, error.hint) from error
    if given.token:
        now.api_key["BearerToken"] = f"Bearer {given.token}"


def _read(file: Path, context: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a kubeconfig whose paths are whole, and what it says of the user of a context; of none, nothing."""
    import yaml

    whole = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(whole, dict):
        raise ValueError("it is no mapping")
    for kind, part in (("clusters", "cluster"), ("users", "user")):
        for one in whole.get(kind) or []:
            _made_whole(one.get(part) or {}, file.parent)
    wanted = context or whole.get("current-context")
    contexts = {one["name"]: one.get("context") or {} for one in whole.get("contexts") or []}
    users = {one["name"]: one.get("user") or {} for one in whole.get("users") or []}
    return whole, users.get((contexts.get(wanted) or {}).get("user"), {})


def written_token(file: Path, context: str) -> str:
    """Return the token that a kubeconfig itself holds for a context; empty: none, or one that is renewed.

    Args:
        file: the kubeconfig, of which a client was made already.
        context: which of its contexts; empty: its current one.
    """
    return str(_read(file, context)[1].get("token") or "")


def _made_whole(said: dict[str, Any], folder: Path) -> None:
    for name in ("certificate-authority", "client-certificate", "client-key", "tokenFile"):
        if said.get(name):
            said[name] = str(folder / said[name])


def _within(seconds: float, load: Callable[[], ApiClient]) -> ApiClient:
    """Return what is loaded, within a deadline: a provider's own login has none.

    Raises:
        NoLogin: it takes longer; what it hangs in is left behind.
    """
    done: Future[ApiClient] = Future()

    def work() -> None:
        try:
            done.set_result(load())
        except BaseException as error:  # noqa: BLE001  # it is raised again where it is waited for
            done.set_exception(error)

    Thread(target=work, daemon=True).start()
    try:
        return done.result(seconds)
    except TimeoutError:
        words = f"The kubeconfig's auth-provider gave no credentials within {seconds:g} s."
        raise NoLogin(words, "Log in by kubectl first; kubectl itself has no auth-provider any more.") from None
