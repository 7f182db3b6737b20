#!/bin/sh
# Commits one row a second, as the application would, and connects again when the server is gone.
# What was acknowledged here and is missing after a recovery is what was lost.
set -u
cd "${0%/*}/.." || exit 1
. bin/lab.env
echo $$ >run/heartbeat.pid

# Ends with its reader, and with the loop below should that be killed.
beats() {
    while kill -0 $$ 2>/dev/null && echo 'INSERT INTO public.heartbeat DEFAULT VALUES;'; do sleep 1; done
}

while :; do
    # Line 7 names the server's shared memory, which a killed server leaves behind; `cleo lab down` removes it.
    sed -n 7p "$DATA/postmaster.pid" 2>/dev/null >>run/shared-memory
    beats | PGPASSFILE="$APP_PASSWORD_FILE" PGAPPNAME=heartbeat \
        "$BIN/psql" -Xq -v ON_ERROR_STOP=1 -U cleo_app \
        "host=$ADDRESS port=$PORT dbname=cleoai connect_timeout=3 tcp_user_timeout=5000" >/dev/null
    sleep 1
done
