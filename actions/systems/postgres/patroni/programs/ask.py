"""Speak with Patroni's REST interface on its own host, and print what came back as JSON.

An order (JSON, the first argument) is one of three. ``{"configs": [file, …]}``: what each configuration is about.
``{"config", "api", "timeout_s", "store"}``: look at everything: this member, the cluster as it sees it, every member's
own answer, and with ``store`` what the store behind them (DCS) holds. With ``method``, ``path``, ``body`` and perhaps
``member`` (the address of another member's interface): one request. User and password are read from the file here, and
never leave this host.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

_ALL = {"0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "": "127.0.0.1", "::": "::1"}


def read(path: str) -> dict[str, Any]:
    """Return the configuration, by Patroni's own reader where it is there (it knows folders and variables)."""
    try:
        from patroni.config import Config

        found = Config(path)
        return {name: found.get(name) for name in ("scope", "name", "namespace", "restapi", "ctl", "postgresql")}
    except (Exception, SystemExit):  # noqa: BLE001  # another version, or a Python without it: the file alone counts
        found = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}


def address(config: dict[str, Any]) -> str:
    """Return where its interface is reached from this host."""
    api = config.get("restapi") or {}
    host, _, port = str(api.get("listen") or api.get("connect_address") or "127.0.0.1:8008").rpartition(":")
    host = host.split(",")[0].strip("[]")
    host = _ALL.get(host, host)
    return f"{'https' if api.get('certfile') else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def trust(config: dict[str, Any]) -> ssl.SSLContext:
    """Return what TLS is verified by; where the file names no CA nothing is, as Patroni's own tool does it."""
    api, ctl = config.get("restapi") or {}, config.get("ctl") or {}
    ca = ctl.get("cacert") or ctl.get("cafile") or api.get("cafile")
    context = ssl.create_default_context(cafile=ca) if ca else ssl._create_unverified_context()
    context.check_hostname = False  # it is asked where it listens, which may be another name than its certificate's
    certificate = ctl.get("certfile") or api.get("certfile")
    if certificate:
        key = ctl.get("keyfile") or api.get("keyfile")
        secret = ctl.get("keyfile_password") or api.get("keyfile_password")
        context.load_cert_chain(certificate, key or None, secret or None)
    return context


def ask(config: dict[str, Any], url: str, timeout_s: float, method: str = "GET", body: Any = None) -> dict[str, Any]:
    """Return ``status`` and ``body`` of one request, or ``error``."""
    request = urllib.request.Request(url, method=method)
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    who = (config.get("ctl") or {}).get("authentication") or (config.get("restapi") or {}).get("authentication") or {}
    if who.get("username"):
        pair = f"{who['username']}:{who.get('password', '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    try:
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if url.startswith("https"):
            handlers.append(urllib.request.HTTPSHandler(context=trust(config)))
        with urllib.request.build_opener(*handlers).open(request, timeout=timeout_s) as answer:
            return {"status": answer.status, "body": decoded(answer.read())}
    except urllib.error.HTTPError as error:
        return {"status": error.code, "body": decoded(error.read())}
    except Exception as error:  # noqa: BLE001  # whatever keeps it from answering is what is told
        return {"error": str(getattr(error, "reason", error)) or type(error).__name__}


def decoded(data: bytes) -> Any:
    """Return an answer as data, else its first words."""
    text = data.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return " ".join(text.split())[:300]


def stored(path: str, timeout_s: float) -> dict[str, Any]:
    """Return what the store says by Patroni's own client: ``initialize`` and ``leader``, or ``error``."""
    found: dict[str, Any] = {"error": f"no answer within {timeout_s:.0f} s"}

    def look() -> None:
        try:
            from patroni.config import Config
            from patroni.dcs import get_dcs

            cluster = get_dcs(Config(path)).get_cluster()
            leader = cluster.leader.name if cluster.leader else ""
            found.update(error="", initialize=cluster.initialize or "", leader=leader)
        except BaseException as error:  # noqa: BLE001  # its client may leave the program; that is no answer either
            found["error"] = f"{type(error).__name__}: {error}"

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(timeout_s)
    return dict(found)


def about(path: str) -> dict[str, Any]:
    """Return which cluster, member and data directory a configuration is about, or ``error``."""
    try:
        config = read(path)
    except Exception as error:  # noqa: BLE001  # it may be unreadable for us in any way
        return {"config": path, "error": f"{type(error).__name__}: {error}"}
    postgres = config.get("postgresql") or {}
    data = postgres.get("data_dir") or ""
    return {
        "config": path,
        "scope": str(config.get("scope") or ""),
        "name": str(config.get("name") or ""),
        "data": os.path.realpath(data) if data else "",
        "api": address(config),
        "rewrites_hba": bool(postgres.get("pg_hba")),
    }


def look(order: dict[str, Any], config: dict[str, Any], url: str) -> dict[str, Any]:
    """Return all there is to see from this host."""
    timeout_s = float(order["timeout_s"])
    with ThreadPoolExecutor(max_workers=8) as pool:
        store = pool.submit(stored, order["config"], timeout_s) if order.get("store") else None
        me = pool.submit(ask, config, f"{url}/patroni", timeout_s)
        cluster = ask(config, f"{url}/cluster", timeout_s)
        listed = cluster["body"].get("members", []) if isinstance(cluster.get("body"), dict) else []
        urls = {one["name"]: one["api_url"] for one in listed if one.get("api_url")}
        answers = pool.map(lambda each: ask(config, each, timeout_s), urls.values())
        members = dict(zip(urls, answers, strict=True))
        return {"me": me.result(), "cluster": cluster, "members": members, "stored": store.result() if store else None}


def main(order: dict[str, Any]) -> None:
    """Carry out an order."""
    if "configs" in order:
        print(json.dumps([about(path) for path in order["configs"]]))
        return
    config = read(order["config"])
    url = order.get("api") or address(config)
    if not order.get("method"):
        print(json.dumps(look(order, config, url)))
        return
    member = order.get("member") or url
    answer = ask(config, member + order["path"], order["timeout_s"], order["method"], order.get("body"))
    if not isinstance(answer.get("body"), str):
        answer.pop("body", None)  # the cluster's whole configuration comes back: it may hold secrets
    print(json.dumps(answer))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)  # a thread that still waits for the store must not keep it
