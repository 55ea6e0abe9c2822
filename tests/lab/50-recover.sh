#!/bin/bash
# Proves that whatever is killed, whenever: `recover` leaves nothing mounted, nothing
# running and a record that says aborted, and the next run is good. SIGKILL of the
# supervisor in each phase; of all of nfsafe at once, the keeper too, with the server well
# and frozen, by `recover` and by the next run itself. A mount that is not nfsafe's is left
# alone, be it of the same source; a second recover finds nothing; beside a living run it
# does nothing. Notes of keepers, whole and cut off, come into the record once.
# Seen to catch: mounts not looked for; a mount known by its path alone.
# limit: 400
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source-path=SCRIPTDIR source=site.sh
. "$lab/site.sh"

work="/bin/sh -c 'echo 1 >\$NFSAFE_MOUNTPOINT/x; [ ! -e $state/wait ] || sleep 1000; sleep 1'"
check "set up" site full="$work" vers=3 extra="$(printf 'quarantine_probes = 1\nquarantine_time = 0s')"
supervisor() { sed -n 's/^pid=\([0-9]*\) .*/\1/p' "$state/run/nfsafe.lock"; }
ended() { [ ! -d "/proc/$1" ]; }
# begun PHASE: a run that is in that phase; its process is in $pid
begun() {
	: >"$state/run/nfsafe.lock"
	nfsafe run --level full >"$out" 2>"$err" &
	pid=$!
	wait_for 15 in_phase "$1" || not_ok "$1: the phase was seen" "$(cat "$err")"
	[ "$1" != backup ] || wait_for 5 pgrep -u backup-user -x sleep
}
kill_supervisor() {
	kill -KILL "$(supervisor)"
	wait "$pid"
} 2>/dev/null
# Keeper, prober and tasks as well.
kill_all() {
	# The supervisor last: a keeper that saw its death would end the command.
	# shellcheck disable=SC2046 # several pids
	kill -KILL $(pgrep nfsafe | sort -rn)
	wait "$pid"
} 2>/dev/null
# Not the prober, which has the ids of that user, too.
processes() { pgrep -u backup-user -x -c 'sh|sleep'; }
# recovered NAME: by hand, then again, then a run is good
recovered() {
	nf recover
	exits 0 "$1: recover"
	[ "${2-}" = quiet ] || says 'run [0-9]+ .* is recorded as aborted' "$1: says which run it was"
	is "$1: recorded" "$(outcome outcome)" aborted
	nothing_mounted "$1: nothing is mounted"
	is "$1: the command is ended" "$(processes)" 0
	is "$1: no mount is open in the record" "$(sql 'SELECT count(*) FROM mount WHERE ended_ms IS NULL')" 0
	nf recover
	exits 0 "$1: again"
	says 'nothing was left behind' "$1: there is nothing any more"
	rm -f "$state/wait"
	nf run --level full
	exits 0 "$1: the next run is good"
}

nas_delay nas1 40
for phase in probe mount guard; do
	begun "$phase"
	kill_supervisor
	nas_calm nas1
	recovered "$phase"
	nas_delay nas1 40
done
nas_calm nas1
touch "$state/wait"
begun backup
kill_supervisor
recovered backup
# In quiesce and unmount a stranger holds the mount, so that the phase lasts.
for phase in quiesce unmount; do
	(
		wait_for 10 mountpoint -q "$mountpoint" && cd "$mountpoint" && exec sleep 60
	) &
	stranger=$!
	begun "$phase"
	kill_supervisor
	kill "$stranger"
	wait "$stranger"
	recovered "$phase"
done 2>/dev/null
touch "$state/wait"
begun backup
nas_freeze nas1
wait_for 20 in_phase breaker
kill_supervisor
nf recover
exits 0 "breaker: recover"
is "breaker: recorded" "$(outcome outcome)" aborted
nothing_mounted "breaker: nothing is mounted"
nothing_blocked "breaker: nothing is blocked"
is "breaker: the command is ended" "$(processes)" 0
is "breaker: in quarantine" "$(sql 'SELECT count(*) FROM quarantine WHERE ended_ms IS NULL')" 1
nas_thaw nas1
wait_for 20 timeout 2 rpcinfo -T tcp nas1 nfs 3
rm "$state/wait"
nf run --level full
exits 0 "breaker: the next run is good"

# Somebody stays on the mount of a run that has died: his keeper stays with him, out of the
# way of whoever comes next.
(
	wait_for 10 mountpoint -q "$mountpoint" && cd "$mountpoint" && exec sleep 1000
) &
stranger=$!
touch "$state/wait"
begun backup
kill_supervisor
rm "$state/wait"
nf recover
exits 0 "somebody stays: recover"
within 25000 "the keeper is not waited for without end"
says "still used out of sight by 1 process" "it is told"
is "the mount has left its place" "$(grep -c " $mountpoint " /proc/self/mountinfo)" 0
is "the run is recorded" "$(outcome outcome)" aborted
nf recover
exits 0 "again: nothing left"
within 3000 "but it is not waited for once more"
nf run --level full
exits 0 "the next run is good"
is "the keeper is with him still" "$(pgrep -c nfsafe-keeper)" 1
kill "$stranger"
wait "$stranger"
wait_for 5 eval '[ -z "$(pgrep nfsafe-keeper)" ]'
is "no keeper is left" "$(pgrep -c nfsafe-keeper)" 0
nothing_mounted "nothing is mounted"

# All of it at once: nobody is left to keep the promise but who comes next.
touch "$state/wait"
begun backup
kill_all
is "all killed: the mount is there" "$(grep -c " $mountpoint " /proc/self/mountinfo)" 1
is "all killed: the command as well" "$(($(processes) > 0))" 1
recovered "all killed"
touch "$state/wait"
begun backup
kill_all
cp "$conf" "$state/before"
sed -i 's|^full = .*|full = /bin/true|' "$conf"
nf run --level full
cat "$state/before" >"$conf"
rm "$state/wait"
exits 0 "all killed: the next run clears it by itself and is good"
says 'left behind: .*was ended' "it says what it ended"
says 'left behind: .*was unmounted' "and what it unmounted"
nothing_mounted "all killed: nothing is mounted after it"
nas_delay nas1 40
begun mount
wait_for 5 grep -q " $mountpoint " /proc/self/mountinfo
kill_all
nas_calm nas1
recovered "all killed right after the mount"

touch "$state/wait"
begun backup
nas_freeze nas1
kill_all
nf recover
exits 0 "all killed, server frozen: recover"
says 'unmounted by force|is still held' "by force"
nothing_mounted "all killed, server frozen: nothing is mounted"
nothing_blocked "all killed, server frozen: nothing is blocked"
is "all killed, server frozen: the command is ended" "$(processes)" 0
nas_thaw nas1
wait_for 20 timeout 2 rpcinfo -T tcp nas1 nfs 3
rm "$state/wait"

# Somebody else's, also of the same source, is none of ours.
mount -t tmpfs other "$mountpoint"
nf recover
exits 1 "a foreign mount: exit 1"
says "other \(tmpfs\) is mounted there, and is not nfsafe's" "says what it is"
check "and leaves it alone" mountpoint -q "$mountpoint"
umount "$mountpoint"
touch "$state/wait"
begun backup
kill_all
umount "$mountpoint"
mount -i -t nfs -o vers=3,nolock,nosharecache,nosuid,nodev,noexec,soft,addr="$(getent hosts nas1 | cut -d' ' -f1)" \
	nas1:/export/lab "$mountpoint"
nf recover
exits 1 "a foreign mount of the same source in its place: exit 1"
says "is not nfsafe's" "says so"
check "and leaves it alone, too" mountpoint -q "$mountpoint"
umount "$mountpoint"
is "what was ours is known to be gone" "$(sql 'SELECT count(*) FROM mount WHERE ended_ms IS NULL')" 0

# Beside a living run.
begun backup
nf recover
exits 0 "beside a living run: exit 0"
says "nothing to do: nfsafe run \(pid $(supervisor), since " "says that it lives"
check "and the run goes on" in_phase backup
nf recover --json
json '.running.pid' "$(supervisor)" "the same in JSON"
rm "$state/wait"
kill -TERM "$(supervisor)"
wait "$pid"

# What a keeper has left in writing.
begun backup
kill_all
run_id=$(sql 'SELECT max(id) FROM run')
printf '%s\n' "run=$run_id" destination=nas1 "mountpoint=$mountpoint" at_ms="$(date +%s%3N)" \
	tripped=1 stall_ms=8123 ended=0 forces=7 detached=0 "text=the server died, said the test" \
	>"$state/record/keeper.note"
cp "$state/record/keeper.note" "$state/note"
nf recover
exits 0 "a note: recover"
says "run $run_id on nas1: the server died, said the test; .*forced 7 times" "is told"
is "in the record: outcome, code, stall" "$(outcome "outcome || ' ' || exit_code || ' ' || worst_stall_ms")" \
	"aborted 124 8123"
is "in quarantine" "$(sql 'SELECT run FROM quarantine WHERE ended_ms IS NULL')" "$run_id"
check "and it is removed" [ ! -e "$state/record/keeper.note" ]
cp "$state/note" "$state/record/keeper.note"
nf recover
exits 0 "the same note again"
is "is told once" "$(sql "SELECT count(*) FROM event WHERE run = $run_id AND kind = 'keeper' AND text LIKE '%said the test%'")" 1
for note in "$(head -c 60 "$state/note")" "" "$(head -c 9000 /dev/zero | tr '\0' x)" $'\x01\x02'; do
	printf '%s' "$note" >"$state/record/keeper.note"
	nf recover
	exits 0 "a note that was cut off, or is none"
	says "a note of a keeper that cannot be read" "is told as such"
	check "and removed" [ ! -e "$state/record/keeper.note" ]
done
nf release nas1
nf run --level full
exits 0 "and the next run is good"
nothing_mounted "nothing is mounted"
nothing_blocked "nothing is blocked"
done_testing
