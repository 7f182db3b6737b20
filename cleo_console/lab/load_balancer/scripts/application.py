"""A stand-in for the application: answers who it is, and whether it is healthy and ready.

``/health`` is always fine, as a page is that looks at nothing; ``/ready`` is not while the file ``NAME.red`` is there.
``/slow`` answers once the file ``NAME.hold`` is gone.
"""

import json
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Application(BaseHTTPRequestHandler):
    """Answers requests."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        red = self.path == "/ready" and Path(f"{sys.argv[2]}.red").exists()
        while self.path == "/slow" and Path(f"{sys.argv[2]}.hold").exists():
            time.sleep(0.05)
        body = json.dumps({"server": sys.argv[2], "ready": not red}).encode()
        self.send_response(503 if red else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def setup(self) -> None:
        """Send answers at once."""
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


ThreadingHTTPServer.request_queue_size = 128
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Application).serve_forever()
