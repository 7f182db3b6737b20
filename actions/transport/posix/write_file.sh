# write_file PATH MODE SIZE SHA256: write what comes in, whole or not at all.

umask 077
draft=$1.cleo.$$
trap 'rm -f "$draft"' EXIT
cat >"$draft" || exit 1
if [ "$(wc -c <"$draft")" -ne "$3" ] || [ "$(sha256sum <"$draft" | cut -d ' ' -f 1)" != "$4" ]; then
    echo "only a part of the text arrived" >&2 # the link broke, or the writer was killed
    exit 1
fi
chmod "$2" "$draft" || exit 1
sync "$draft" 2>/dev/null
mv -f -- "$draft" "$1" || exit 1
sync "$(dirname -- "$1")" 2>/dev/null || true
