"""The ``cleo`` command. Every subcommand imports what it needs, when it is called."""
