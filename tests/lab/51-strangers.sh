#!/bin/bash
# Proves that who uses the mount besides the backup is freed too: a stranger who sits on it
# when the server dies, and one who was still there when a good run ended, out of sight,
# when it dies an hour later. The keeper stays, beyond the end of the run, until he has gone.
# Seen to catch: no force, a single force, no handle (60 s each), a keeper that ends with its
# supervisor.
# limit: 300
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source-path=SCRIPTDIR source=site.sh
. "$lab/site.sh"
# shellcheck source-path=SCRIPTDIR source=broken.sh
. "$lab/broken.sh"

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
	rm -f "$state/worst"
	(
		wait_for 10 mountpoint -q "$mountpoint" && cd "$mountpoint" &&
			exec perl -MTime::HiRes=time -e 'my $worst = 0; while (1) { my $t = time;
			open my $f, ">", "stranger" or select(undef, undef, undef, 0.1);
			if ($f) { print $f "x" x 1000000; close $f }
			next if ($t = (time - $t) * 1000) <= $worst;
			$worst = $t; open my $w, ">", $ARGV[0]; printf $w "%d\n", $worst }' "$state/worst"
	) &
	stranger=$!
	nf run --level full
	exits 1 "lingering, $vers: the run is suspect"
	says "keeper.*stays until nobody uses it" "lingering, $vers: it is told"
	nas_freeze nas1
	stuck() { blocked_tasks | grep -q "^$stranger "; }
	wait_for 3 stuck
	wait_for 14 calm
	freed_of() { [ "$(cat "$state/worst")" -gt 3000 ]; }
	wait_for 5 freed_of
	took=$(cat "$state/worst")
	is "lingering, $vers: the stranger was held $took ms, not over 10 s" "$((took <= 10000))" 1
	nothing_blocked "lingering, $vers: nobody is blocked"
	since=$(now)
	kill -KILL "$stranger"
	wait "$stranger" 2>/dev/null
	freed "lingering, $vers, ended" 5000 "$since"
	nas_thaw nas1
	wait_for 20 timeout 2 rpcinfo -T tcp nas1 nfs 3
done
# Somebody has bound the share elsewhere: it is named, and goes with the mount.
check "bind: set up" site vers=3 full="/bin/sleep 2" extra="options = hard"
mkdir -p /mnt/bind
(wait_for 10 in_phase backup && mount --bind "$mountpoint" /mnt/bind) &
nf run --level full
wait
exits 1 "bind: the run is suspect"
says "mounted also: /mnt/bind" "bind: it is named"
wait_for 5 all_gone
nothing_mounted "bind: nothing is mounted"
done_testing
