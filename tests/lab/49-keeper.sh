#!/bin/bash
# Proves that the breaker does not depend on any one process of nfsafe: SIGKILL of the
# supervisor, healthy and with the server dead, ends the command and unmounts within
# max_stall (10 s) and leaves a note; a supervisor that is stopped is not waited for; SIGKILL
# of the keeper, in a healthy run, with the server dead and in the middle of breaking, and of
# its hand, changes nothing for anybody.
# Seen to catch: a keeper that ends with its supervisor, one that does not count by itself
# (20 s), one that is not replaced, one without a handle, one force instead of many.
# limit: 400
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source-path=SCRIPTDIR source=site.sh
. "$lab/site.sh"
# shellcheck source-path=SCRIPTDIR source=broken.sh
. "$lab/broken.sh"

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
stuck() { ! calm; }
wait_for 8 stuck
wait_for 20 calm
took=$(($(now) - since))
is "SIGSTOP of the supervisor: nobody is blocked after $took ms, not over 10 s" \
	"$((took <= 10000))" 1
wait_for 20 gone nfsafe-keeper
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
echo "# after $(($(now) - since)) ms"
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
