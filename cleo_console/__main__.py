"""So that a runner can be started by the interpreter that is running, wherever ``cleo`` is installed."""

from cleo_console.cli.main import main

main()
