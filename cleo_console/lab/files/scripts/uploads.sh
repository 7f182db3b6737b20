#!/bin/sh
# Puts one new file a second into the store, as the application would, whole or not at all.
set -u
cd "${0%/*}/.." || exit 1
. bin/lab.env

number=0
while sleep 1; do
    number=$((number + 1))
    name="$STORE/uploads/$(date -u +%Y%m%dT%H%M%S)-$number.txt"
    { date -u +%Y-%m-%dT%H:%M:%S.%NZ >"$STORE/tmp/upload-$$" && mv "$STORE/tmp/upload-$$" "$name"; } 2>/dev/null
done
