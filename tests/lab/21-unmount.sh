#!/bin/bash
# Proves that lib/mnt unmounts in time whatever the server and others do: plainly when it
# can; not at all, and naming who holds it, while the server lives; by force when it is
# dead, so that nobody stays blocked; and that slow is not dead, and loses nothing.
# Seen to catch: no silence noticed, and nothing forced; MNT_FORCE left out; other mount
# namespaces not searched; a slow server forced, because the last half second decided; a
# lazy detach that a loaded host had no half second for.
# limit: 240
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"

drive=$BUILD/tests/lab/drive
point=/srv/nfsafe/m21
attach() { # VERS OPTIONS
	"$drive" attach nas1:/export/lab "$point" "$1" 10.77.1.2 2049 20048 "$2" 5000 \
		>"$scratch/attach"
	grep -q ^attached "$scratch/attach" || not_ok "$1 $2: mounted" "$(cat "$scratch/attach")"
}
detach() { run "$drive" detach "$point" "$@"; }
entry() { grep " $point " /proc/self/mountinfo; }
left_nothing() {
	nothing_mounted "$1: nothing is mounted"
	nothing_blocked "$1: nobody is blocked"
}
# A process that has a file open there, and writes 8 MiB to it when told.
start_writer() {
	rm -f "$scratch"/{go,open}
	(
		exec 9>"$point/dirty"
		: >"$scratch/open"
		until [ -e "$scratch/go" ]; do sleep 0.02; done
		head -c 4M /dev/zero >&9
		exec 9>&-
	) 2>/dev/null &
	writer=$!
	wait_for 5 [ -e "$scratch/open" ]
}
no_mounts() { [ -z "$(mounted_nfs)" ]; }
nobody_blocked() { [ -z "$(blocked_tasks)" ]; }
somebody_blocked() { ! nobody_blocked; }
is_gone() { [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"; }

"$drive" prepare "$point" >/dev/null
nas_start nas1

(cd "$point" && exec sleep 60) &
below=$!
sleep 0.2
attach 30 ""
run "$drive" holders "$point"
says "total=0 incomplete=0 : no process" "who sits in the directory below holds nothing"
kill $below
(cd "$point" && exec sleep 60) &
holder=$!
sleep 0.2
detach 400
says "^busy .*holders=1 .*held by $holder sleep \(cwd\)" "a holder is named"
check "and nothing is forced: it is still mounted" entry
"$drive" detach "$point" 20000 >"$scratch/patient" &
drive_pid=$!
sleep 0.3
start=$(now)
kill -TERM $drive_pid
wait $drive_pid
check "a signal ends the waiting for it" [ $(($(now) - start)) -lt 1500 ]
check "and it is busy still" grep -q ^busy "$scratch/patient"
kill $holder
detach 3000
says "^detached .*flushed=1" "it goes when the holder goes"

attach 41 ""
mount -t tmpfs foreign "$point"
detach 3000
says "^covered .*left alone" "a foreign mount on top of ours is left alone"
is "it is there" "$(entry | grep -c foreign)" 1
umount "$point"

# A copy of the mount in another namespace, as services with a /tmp of their own have.
mount --make-shared /
unshare -m --propagation slave sh -c "exec 9<$point/.; exec sleep 60" &
holder=$!
unshare -m --propagation private sleep 60 &
private=$!
sleep 0.5
run "$drive" holders "$point"
says " $holder sleep \(fd 9\)" "an open file in another mount namespace is found"
says " $private sleep \(a mount namespace\)" "and a copy that would stay behind"
detach 400
says "^busy .* $holder sleep" "it keeps ours busy"
kill $holder $private
detach 3000
says "^detached" "without them it goes"
mount --make-private /
left_nothing "living server"

for vers in 30 41; do
	name="$vers, frozen, nothing written"
	attach "$vers" ""
	nas_freeze nas1
	detach 1500
	says "^forced .*flushed=0" "$name: unmounted by force"
	within 7500 "$name: in time" # the deadline, and the 6 s of lib/mnt/mount.h
	left_nothing "$name"
	nas_thaw nas1
	for options in soft hard; do
		name="$vers $options, frozen, much written"
		attach "$vers" "$options"
		start_writer
		nas_freeze nas1
		: >"$scratch/go"
		check "$name: somebody is blocked" wait_for 5 somebody_blocked
		detach 6000 dead
		says "^forced " "$name: by force"
		within 4500 "$name: in time, and before the deadline"
		check "$name: the writer is released" wait_for 2 is_gone "$writer"
		left_nothing "$name"
		nas_thaw nas1
	done
	attach "$vers" hard
	(cd "$point" && exec sleep 60) &
	holder=$!
	sleep 0.2
	nas_cut nas1
	detach 1000 dead
	says "^lazy .*held by $holder sleep \(cwd" "$vers, cut, an idle holder: detached, named"
	is "$vers, cut, an idle holder: out of sight" "$(entry)" ""
	nas_heal nas1
	kill $holder
	wait_for 10 is_gone $holder
	wait_for 10 no_mounts
done
left_nothing "dead server"

# One process, as each that closes the file flushes it: six seconds of work.
attach 30 wsize=65536
head -c 1500k /dev/urandom >"$scratch/data"
nas_slow nas1 2mbit
python3 -c "
import sys, time
file = open('$point/data', 'wb', buffering=0)
file.write(open('$scratch/data', 'rb').read())
open('$scratch/written', 'w').close()
time.sleep(60)" &
slow=$!
wait_for 10 [ -e "$scratch/written" ]
run "$drive" sync "$point" 1000 500
says "^(timed-out|stuck) .*silent=0" "slow: a flush does not end in a second, but goes on"
detach 2000
says "^busy .*the server answers" "slow is not dead: not forced"
nas_calm nas1
kill -KILL $slow
wait_for 20 is_gone $slow
wait_for 20 nobody_blocked
detach 10000
says "^detached .*flushed=1" "slow: unmounted later"
check "slow: nothing was lost" cmp "$scratch/data" "$lab_state/nas1/lab/data"

attach 30 ""
nas_full nas1
dd if=/dev/zero of="$point/more" bs=64k count=16 conv=fsync 2>/dev/null
run "$drive" stats "$point"
says "write_errors=[1-9]" "full: write errors are counted"
nas_empty nas1
detach 3000
says "^detached" "full: unmounted"
left_nothing "end"
done_testing
