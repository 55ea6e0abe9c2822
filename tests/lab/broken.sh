# shellcheck shell=bash disable=SC2034,SC2154
# Sourced after site.sh by the tests of the breaker: a run in the middle of its backup, and
# what must be true after it was broken off.
#
#   start NAME VERS [OPTIONS]   a run whose command writes all the time: $pid, $sup
#   ended NAME CODE             it ends so
#   freed NAME MS SINCE         all of nfsafe and of the command is gone and nobody blocked
#                               within MS of SINCE; nothing is mounted
#   keeper, hand                their pids
#   gone COMM, calm             there is no such process; nobody is blocked

work="/bin/sh -c 'while dd if=/dev/zero of=\$NFSAFE_MOUNTPOINT/big bs=1M count=24; do :; done'"
supervisor() { sed -n 's/^pid=\([0-9]*\) .*/\1/p' "$state/run/nfsafe.lock"; }
keeper() { pgrep -x nfsafe-keeper -r R,S,D,T | head -n 1; }
hand() { pgrep -x nfsafe-hand -r R,S,D,T | head -n 1; }
# Zombies are gone: a supervisor that is stopped does not reap.
gone() { [ -z "$(pgrep -x "$1" -r R,S,D,T)" ]; }
all_gone() { gone nfsafe-keeper && gone nfsafe-hand && [ "$(pgrep -u backup-user -c)" = 0 ]; }
calm() { [ -z "$(blocked_tasks)" ]; }
# start NAME VERS [OPTIONS]: a run in the middle of its backup, in $pid and $sup.
start() {
	check "$1: set up" site vers="$2" full="$work" extra="options = ${3-}"
	nfsafe run --level full >"$out" 2>"$err" &
	pid=$!
	wait_for 20 in_phase backup && wait_for 5 test -s "$lab_state/nas1/lab/big"
	sup=$(supervisor)
}
# ended NAME CODE: the run ends so.
ended() {
	wait "$pid"
	status=$? ran="the run"
	exits "$2" "$1: exit $2"
}
# freed NAME MS SINCE: everything is as it was before, within MS of SINCE.
freed() {
	local took
	wait_for 30 all_gone
	wait_for 30 calm
	took=$(($(now) - $3))
	is "$1: all is ended and free after $took ms, not over $2" "$((took <= $2))" 1
	nothing_mounted "$1: nothing is mounted"
	nothing_blocked "$1: nothing is blocked"
}
