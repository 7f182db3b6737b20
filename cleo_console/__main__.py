"""``python -m cleo_console``: starts the command line with the running interpreter, as detached runners need it."""

from cleo_console.cli.main import main

main()
