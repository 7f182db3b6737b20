#!/bin/sh
# Writes the time into a key once a second, as the application would, and connects again when the server is gone.
# What was written here and is missing after a recovery is what was lost. The password goes by standard input alone.
set -u
cd "${0%/*}/.." || exit 1
. bin/lab.env
echo $$ >run/heartbeat.pid

# Ends with its reader, and with the loop below should that be killed.
beats() {
    printf 'AUTH %s %s\n' "$APP_USER" "$(cat "$APP_PASSWORD_FILE")"
    while kill -0 $$ 2>/dev/null; do
        echo "SET $HEARTBEAT $(date -u +%Y-%m-%dT%H:%M:%S.%6NZ)" && echo "INCR $HEARTBEAT:count" || exit
        sleep 1
    done
}

while :; do
    beats | "$BIN/redis-cli" -h 127.0.0.1 -p "$PORT" >/dev/null 2>&1
    sleep 1
done
