#!/bin/sh
# Takes a snapshot of the store. Status 3 is one with holes: that is no backup.
set -u
cd "${0%/*}/.." || exit 1
. bin/lab.env
exec "$RESTIC" --repo "$REPOSITORY" --password-file "$PASSWORD_FILE" --no-cache --quiet \
    backup --host "$SNAPSHOT_HOST" --tag lab "$STORE"
