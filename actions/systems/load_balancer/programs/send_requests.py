"""Send requests through a frontend, each asking for one server, and print what came back as JSON."""

from __future__ import annotations

import http.client
import json
import sys
import time
from typing import Any
from urllib.parse import urlsplit


def send(order: dict[str, Any], server: str) -> dict[str, Any]:
    """Send one request; return its status, who answered, and how long it took, or the error."""
    url = urlsplit(order["frontend"])
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    link = kind(url.hostname, url.port, timeout=order["timeout_s"])
    headers = {"Connection": "close", order["ask_for"]: server}
    if order["host_header"]:
        headers["Host"] = order["host_header"]
    begun = time.monotonic()
    try:
        link.request("GET", url.path.rstrip("/") + order["path"], headers=headers)
        answer = link.getresponse()
        answer.read(65536)
        return {
            "status": answer.status,
            "by": answer.getheader(order["served_by"], ""),
            "ms": round((time.monotonic() - begun) * 1000, 1),
        }
    except (OSError, http.client.HTTPException) as error:
        return {"status": 0, "by": "", "ms": 0.0, "error": f"{type(error).__name__}: {error}"}
    finally:
        link.close()


def main(order: dict[str, Any]) -> int:
    """Send ``each`` requests to every one of ``servers``, in turn."""
    found: dict[str, list[dict[str, Any]]] = {server: [] for server in order["servers"]}
    for server in order["servers"] * order["each"]:
        found[server].append(send(order, server))
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
