"""Programs that run on a host with a MongoDB server or its backups, under ``ctx.run``: they outlive the runner."""
