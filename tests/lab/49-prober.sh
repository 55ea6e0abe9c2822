#!/bin/bash
# Proves that a prober which is killed or stopped is started again, once, and then missed:
# the run trips, even while its command writes.  And that a process which is blocked on
# another NFS mount of the host is not taken for a victim of ours.
# Seen to catch: a prober that says nothing and is not missed; one that is lost while the
# mount goes on; each blocked task taken for ours.
# limit: 200
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source-path=SCRIPTDIR source=site.sh
. "$lab/site.sh"

# started: a run in the background, its command at work; $pid is it.
started() {
	nfsafe run --level full >"$out" 2>"$err" &
	pid=$!
	wait_for 20 in_phase backup
	sleep 3
}
# ended NAME: waits for it; $elapsed from $start on.
ended() {
	wait "$pid"
	status=$? elapsed=$(($(now) - start)) ran="run of $1"
}
write="/bin/sh -c 'while dd if=/dev/zero of=\$NFSAFE_MOUNTPOINT/big bs=1M count=2 conv=fsync; do sleep 0.2; done'"

# Another NFS server of the host dies, who has nothing to do with ours.
nas_start nas2
check "foreign: set up" site full="/bin/sleep 15"
mkdir -p /mnt/foreign
mount -i -t nfs -o vers=3,addr=10.77.2.2,proto=tcp,port=2049,nolock,hard,nosharecache,mountproto=tcp,mountport=20048 \
	nas2:/export/lab /mnt/foreign
started
start=$(now)
nas_freeze nas2
stat -f /mnt/foreign >/dev/null 2>&1 &
stat=$!
foreign_blocked() { blocked_tasks | grep -q "^$stat "; }
check "foreign: somebody is blocked" wait_for 5 foreign_blocked
ended "foreign"
exits 0 "foreign: our run goes on"
check "foreign: he still is" foreign_blocked
is "foreign: our server was not late" "$(grep -c late "$err")" 0
nas_thaw nas2
wait "$stat"
umount -i -f /mnt/foreign

# The only process in a cell of its own: without privileges, and with a filter.
prober() { grep -lE '^Seccomp:[[:space:]]*2' /proc/[0-9]*/status 2>/dev/null | sed 's|/proc/\(.*\)/status|\1|'; }
another() { [ -n "$(prober)" ] && [ "$(prober)" != "$1" ]; }
for signal in KILL STOP; do
	check "prober: SIG$signal: set up" site full="/bin/sleep 14"
	started
	start=$(now) first=$(prober)
	kill -$signal "$first"
	check "prober: SIG$signal: another is started" wait_for 7 another "$first"
	ended "prober: SIG$signal"
	exits 0 "prober: SIG$signal once: goes on"
	says "starting another" "prober: SIG$signal once: is told"

	# What it writes is no excuse: nobody watches any more.
	check "prober: SIG$signal twice: set up" site full="$write"
	started
	first=$(prober)
	kill -$signal "$first"
	wait_for 7 another "$first"
	sleep 2
	start=$(now)
	kill -$signal "$(prober)"
	ended "prober: SIG$signal twice"
	exits 124 "prober: SIG$signal twice: trips"
	# Of one that is stopped it must be seen first that it says nothing.
	within 17000 "prober: SIG$signal twice: in time"
	says "died: no call answered" "prober: SIG$signal twice: is told"
	nothing_mounted "prober: SIG$signal twice: nothing is mounted"
	is "prober: SIG$signal twice: none is left" "$(prober)" ""
done
done_testing
