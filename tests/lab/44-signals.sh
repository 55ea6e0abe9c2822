#!/bin/bash
# Proves that SIGINT, SIGTERM and SIGHUP end a run in each phase as an ordinary end: exit
# 128+n, the command ended, unmounted, recorded as aborted; that SIGKILL of the supervisor
# is seen by the next run; that of two runs at once the second exits 75 within a second,
# naming pid, since when and phase.
# Seen to catch: an unmount that was cancelled by the signal that is still pending; a
# command that was not told to end.
# limit: 180
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source-path=SCRIPTDIR source=site.sh
. "$lab/site.sh"

work="/bin/sh -c 'echo 1 >\$NFSAFE_MOUNTPOINT/x; sleep 1000'"
check "set up" site full="$work" vers=3
ended() { [ ! -d "/proc/$1" ]; }
last_phase() {
	sql "SELECT name || ' ' || outcome || ': ' || coalesce(detail, '') FROM phase
		WHERE run = (SELECT max(id) FROM run) ORDER BY seq DESC LIMIT 1"
}
# signalled PHASE SIGNAL CODE: a run that gets SIGNAL in PHASE.
signalled() {
	local pid got=0 name="$2 in $1"
	nfsafe run --level full >"$out" 2>"$err" &
	pid=$!
	# nfsafe is a function: its process is the one that holds the lock.
	wait_for 10 in_phase "$1" || { not_ok "$name: the phase was seen" "$(cat "$err")" && return; }
	kill "-$2" "$(sed -n 's/^pid=\([0-9]*\) .*/\1/p' "$state/run/nfsafe.lock")"
	wait_for 15 ended "$pid"
	wait "$pid" || got=$?
	is "$name: exit $3" "$got" "$3"
	is "$name: recorded" "$(outcome outcome)" aborted
	is "$name: the command is ended" "$(pgrep -u backup-user -c)" 0
	case $1 in guard | backup)
		is "$name: unmounted plainly, and not by force or out of sight" "$(last_phase)" \
			"unmount ok: " ;;
	esac
	[ "${4-}" = held ] || nothing_mounted "$name: nothing is mounted"
}
# Slow enough for each phase to be seen.
nas_delay nas1 60
signalled probe TERM 143
signalled mount INT 130
signalled guard HUP 129
nas_calm nas1
signalled backup TERM 143
signalled backup INT 130
nas_freeze nas1
signalled probe TERM 143
nas_thaw nas1
# In quiesce: a stranger holds the mount, so the phase lasts.
sed -i 's|^full = .*|full = /bin/sleep 1|' "$conf"
(
	wait_for 10 mountpoint -q "$mountpoint" && cd "$mountpoint" && exec sleep 8
) &
stranger=$!
signalled quiesce TERM 143 held
is "the mount has left its place" "$(grep -c " /srv/nfsafe" /proc/self/mountinfo)" 0
kill "$stranger" 2>/dev/null
wait "$stranger"
wait_for 5 eval '[ -z "$(mounted_nfs)" ]'

# In unmount nothing is left to be stopped: it goes on to its end, and the outcome stays.
(
	wait_for 10 mountpoint -q "$mountpoint" && cd "$mountpoint" && exec sleep 60
) &
stranger=$!
nfsafe run --level full >"$out" 2>"$err" &
pid=$!
# The file of the lock still tells of the run before, which ended in that phase.
wait_for 20 in_phase backup
wait_for 20 in_phase unmount
kill -TERM "$(sed -n 's/^pid=\([0-9]*\) .*/\1/p' "$state/run/nfsafe.lock")"
wait_for 20 ended "$pid"
wait "$pid"
is "TERM in unmount: exit code and outcome are the run's" "$? $(outcome outcome)" "1 suspect"
is "TERM in unmount: the mount has left its place" \
	"$(grep -c " /srv/nfsafe" /proc/self/mountinfo)" 0
kill "$stranger" 2>/dev/null
wait "$stranger"
wait_for 5 eval '[ -z "$(mounted_nfs)" ]'

sed -i "s|^full = .*|full = $work|" "$conf"
nfsafe run --level full >"$out" 2>"$err" &
pid=$!
wait_for 10 in_phase backup
first=$(sed -n 's/^pid=\([0-9]*\) .*/\1/p' "$state/run/nfsafe.lock")
# A second by the clock of a machine that may be busy: one of three tries.
for _ in 1 2 3; do
	nf run
	[ "$elapsed" -gt 1000 ] || break
done
exits 75 "a second run: exit 75"
within 1000 "within a second"
says "pid $first since .* in phase backup on nas1" "it names pid, since and phase"
nf exec nas1 -- true
exits 75 "exec as well"
nf init nas1
exits 75 "and init"
kill -KILL "$first"
wait "$pid"
sed -i 's|^full = .*|full = /bin/true|' "$conf"
pkill -KILL -u backup-user
nf run --level full
is "after SIGKILL of the supervisor the dead run is recorded" \
	"$(sql 'SELECT outcome FROM run ORDER BY id DESC LIMIT 1 OFFSET 1')" aborted
done_testing
