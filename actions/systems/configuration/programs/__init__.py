"""Programs that run on the host of a configuration, each by ``python -m``; all of them ask git.

Each prints a line of JSON at its end. Where it fails its status is not 0, and the reason is on standard error.
"""
