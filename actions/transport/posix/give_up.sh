# give_up SPOOL: claim the start, so that the program never runs; answer yes or no.

spool=$(absolute "$1")
umask 077
mkdir -p -- "$spool"
leave started "given_up=yes"
[ "$(fact given_up "$(cat "$spool/started")")" = yes ] && echo yes || echo no
