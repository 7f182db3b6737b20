#!/bin/sh
# schedule.sh SECONDS PYTHON SYSTEM INVENTORY HOME: an incremental backup every so many seconds, as cron would take it.
# While a person holds the backups, the command takes none and says so.
set -u
echo $$ >"$5/schedule.pid"

while :; do
    sleep "$1"
    CLEO_INVENTORY="$4" CLEO_HOME="$5" "$2" -m cleo_console backup run --type incremental --system "$3"
done
