#!/bin/sh
# The scheduled snapshots: one every SNAPSHOT_SECONDS, unless somebody holds them.
set -u
cd "${0%/*}/.." || exit 1
. bin/lab.env

while sleep "$SNAPSHOT_SECONDS"; do
    if [ -e "$HOLD" ]; then
        echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) held: $HOLD exists, no snapshot is taken"
    else
        sh bin/snapshot.sh && echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) snapshot taken"
    fi
done
