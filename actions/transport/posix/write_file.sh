# write_file PATH MODE SIZE: write what comes in, whole or not at all.

umask 077
draft=$1.cleo.$$
trap 'rm -f "$draft"' EXIT
cat >"$draft" || exit 1
[ "$(wc -c <"$draft")" -eq "$3" ] || exit 1 # the link broke
chmod "$2" "$draft" || exit 1
sync "$draft" 2>/dev/null
mv -f -- "$draft" "$1"
