#!/bin/sh
# The scheduled backups: a full one every BACKUP_SECONDS, as cron would take it.
# While a person holds the backups, the command takes none and says so.
set -u
cd "${0%/*}/.." || exit 1
. bin/lab.env
export CLEO_INVENTORY CLEO_HOME

while :; do
    sleep "$BACKUP_SECONDS"
    "$PYTHON" -m cleo_console backup run --type full --system "$SYSTEM"
done
