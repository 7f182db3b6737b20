#!/bin/sh
# Writes the time into a key once a second, as the application would, and connects again when the server is gone.
# What was written here and is missing after a recovery is what was lost. The password goes by standard input alone.
set -u
cd "${0%/*}/.." || exit 1
. bin/lab.env
echo $$ >run/heartbeat.pid

# Ends with its reader, and with the loop below should that be killed. It logs in before each beat: redis-cli connects
# again by itself when the server was gone, and is nobody then.
beats() {
    while kill -0 $$ 2>/dev/null; do
        printf 'AUTH %s %s\n' "$APP_USER" "$(cat "$APP_PASSWORD_FILE")" || exit
        printf 'SET %s %s\nINCR %s:count\n' "$HEARTBEAT" "$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ)" "$HEARTBEAT" || exit
        sleep 1
    done
}

while :; do
    beats | "$BIN/redis-cli" -h "$ADDRESS" -p "$PORT" >/dev/null 2>&1
    sleep 1
done
