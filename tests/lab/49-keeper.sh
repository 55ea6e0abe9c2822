#!/bin/bash
# Proves that the breaker does not depend on any one process of nfsafe, nor on the public
# path: a stranger who sits on the mount is freed; SIGKILL of the supervisor, healthy and
# with the server dead, ends the command and unmounts within max_stall (10 s) and leaves a
# note; a supervisor that is stopped is not waited for; SIGKILL of the keeper, in a healthy
# run and in the middle of breaking, and of its hand, changes nothing for anybody.
# Seen to catch: @SEEN@
# limit: 400
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source-path=SCRIPTDIR source=site.sh
. "$lab/site.sh"

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

# A stranger sits on the mount and writes; another one only sits there.
for vers in 3 4.1; do
	start "stranger, $vers" "$vers" hard
	chmod 777 "$lab_state/nas1/lab"
	(cd "$mountpoint" && exec perl -e 'while (1) {
		open my $f, ">", "stranger" or select(undef, undef, undef, 0.1);
		if ($f) { print $f "x" x 1000000; close $f } }') &
	stranger=$!
	(cd "$mountpoint" && exec sleep 100) &
	idle=$!
	wait_for 5 test -s "$lab_state/nas1/lab/stranger"
	nas_freeze nas1
	ended "stranger, $vers" 124
	says "out of sight.*keeper" "stranger, $vers: who uses it out of sight is told"
	is "stranger, $vers: the mount has left its place" \
		"$(grep -c " /srv/nfsafe" /proc/self/mountinfo)" 0
	wait_for 2 calm
	nothing_blocked "stranger, $vers: nobody is blocked"
	check "stranger, $vers: the keeper stays" keeper
	since=$(now)
	kill -KILL "$stranger" "$idle"
	wait "$stranger" "$idle" 2>/dev/null
	freed "stranger, $vers, ended" 5000 "$since"
	check "stranger, $vers: what the keeper did is noted" grep -q "^drained=1" \
		"$state/record/keeper.note"
	nas_thaw nas1
done

# He is still there when a good run ends, and the server dies an hour later: over v3 and
# 4.1 the keeper has stayed.
for vers in 3 4.1; do
	check "lingering, $vers: set up" site vers="$vers" full="/bin/true" extra="options = hard"
	chmod 777 "$lab_state/nas1/lab"
	(
		wait_for 10 mountpoint -q "$mountpoint" && cd "$mountpoint" && exec perl -e 'while (1) {
			open my $f, ">", "stranger" or select(undef, undef, undef, 0.1);
			if ($f) { print $f "x" x 1000000; close $f } }'
	) &
	stranger=$!
	nf run --level full
	exits 1 "lingering, $vers: the run is suspect"
	says "keeper.*stays until nobody uses it" "lingering, $vers: it is told"
	nas_freeze nas1
	since=$(now)
	stuck() { blocked_tasks | grep -q "^$stranger "; }
	wait_for 3 stuck
	wait_for 14 calm
	took=$(($(now) - since))
	is "lingering, $vers: the stranger is freed after $took ms, not over 10500" \
		"$((took <= 10500))" 1
	nothing_blocked "lingering, $vers: nobody is blocked"
	since=$(now)
	kill -KILL "$stranger"
	wait "$stranger" 2>/dev/null
	freed "lingering, $vers, ended" 5000 "$since"
	nas_thaw nas1
	wait_for 20 timeout 2 rpcinfo -T tcp nas1 nfs 3
done

# The supervisor is killed.
start "SIGKILL" 3
since=$(now)
kill -KILL "$sup"
wait "$pid"
freed "SIGKILL of the supervisor" 9000 "$since"
check "SIGKILL of the supervisor: a note is left" grep -q "^ended=1" "$state/record/keeper.note"
sed -i 's|^full = .*|full = /bin/true|' "$conf"
nf run --level full
is "the next run makes a record of it" "$(sql "SELECT count(*) FROM run WHERE outcome = 'running'")" 0

for vers in 3 4.1; do
	start "SIGKILL, frozen, $vers" "$vers" hard
	nas_freeze nas1
	since=$(now)
	kill -KILL "$sup"
	wait "$pid"
	freed "SIGKILL of the supervisor, frozen, $vers" 10500 "$since"
	nas_thaw nas1
done

# The supervisor is stopped: the keeper trips without it.
start "SIGSTOP" 3 hard
kill -STOP "$sup"
nas_freeze nas1
since=$(now)
freed_of() { gone nfsafe-keeper && calm; }
wait_for 20 freed_of
took=$(($(now) - since))
is "SIGSTOP of the supervisor: free after $took ms" "$((took <= 10500))" 1
kill -CONT "$sup"
ended "SIGSTOP of the supervisor" 124
freed "SIGSTOP of the supervisor, continued" 99999 "$since"
nas_thaw nas1

# The keeper is killed.
start "keeper" 3
first=$(keeper)
since=$(now)
kill -KILL "$first"
another() { [ -n "$(keeper)" ] && [ "$(keeper)" != "$first" ]; }
check "SIGKILL of the keeper: another one is there" wait_for 5 another
took=$(($(now) - since))
is "SIGKILL of the keeper: after $took ms, not over 2 s" "$((took <= 2000))" 1
says "keeper died" "SIGKILL of the keeper: it is told"
nas_freeze nas1
ended "SIGKILL of the keeper, then frozen" 124
freed "SIGKILL of the keeper, then frozen" 99999 "$since"
nas_thaw nas1

# With the server dead already, and nothing noticed yet.
start "keeper, frozen" 4.1 hard
nas_freeze nas1
wait_for 8 grep -q "is late" "$err"
first=$(keeper)
kill -KILL "$first"
check "SIGKILL of the keeper, frozen: another one is there" wait_for 5 another
since=$(now)
ended "SIGKILL of the keeper, frozen" 124
freed "SIGKILL of the keeper, frozen" 9000 "$since"
nas_thaw nas1

# In the middle of breaking: a stranger keeps it busy.
start "keeper, breaking" 3 hard
(cd "$mountpoint" && exec sleep 100) &
idle=$!
nas_freeze nas1
wait_for 20 in_phase breaker
wait_for 5 eval '! grep -q " /srv/nfsafe" /proc/self/mountinfo'
first=$(keeper)
kill -KILL "$first"
check "SIGKILL of the breaking keeper: another one goes on" wait_for 6 another
kill "$idle"
wait "$idle" 2>/dev/null
since=$(now)
ended "SIGKILL of the breaking keeper" 124
freed "SIGKILL of the breaking keeper" 9000 "$since"
nas_thaw nas1

# The hand is killed; then keeper and supervisor at once: the hand does it alone.
start "hand" 4.1
first=$(hand)
kill -KILL "$first"
another_hand() { [ -n "$(hand)" ] && [ "$(hand)" != "$first" ]; }
check "SIGKILL of the hand: another one is there" wait_for 2 another_hand
nas_freeze nas1
since=$(now)
kill -KILL "$sup" "$(keeper)"
wait "$pid"
freed "SIGKILL of supervisor and keeper, frozen" 12000 "$since"
nas_thaw nas1
done_testing
