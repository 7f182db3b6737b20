#!/bin/sh
# The scheduled backups: an incremental one every BACKUP_SECONDS, unless a person holds them.
set -u
cd "${0%/*}/.." || exit 1
. bin/lab.env
echo $$ >run/schedule.pid

say() {
    echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $*"
}

while :; do
    sleep "$BACKUP_SECONDS"
    if [ -e "$HOLD" ]; then
        say "held: $HOLD exists, no backup is taken"
    elif sh bin/backup.sh incr; then
        say "backup taken"
    else
        say "backup failed"
    fi
done
