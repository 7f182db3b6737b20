"""Programs that run on a file store's host, each by ``python -m``: they need Cleo and no server.

Each prints a line of JSON at its end. Where it fails its status is not 0, and the reason is on standard error.
"""
