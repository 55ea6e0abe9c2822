#!/bin/bash
# Proves that a server that dies in the middle of a backup holds nobody for longer than
# max_stall (10 s): over v3 and 4.1, frozen, cut and killed, with dirty data. Timed is a
# victim besides the backup, which writes and stats on the mount as a mail server's
# thread would. Exit 124, recorded as aborted, nothing mounted, nothing blocked.
# And that a slow server, or one that comes back in time, does not trip.
# Seen to catch: the watch without its trip; a trip without the force loop.
# limit: 300
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source-path=SCRIPTDIR source=site.sh
. "$lab/site.sh"

# A victim: appends, syncs and stats until the mount is gone; prints its worst call in ms.
cat >/tmp/victim <<'V'
#!/usr/bin/perl
use strict; use Time::HiRes qw(time sleep); use IO::Handle;
my ($path, $worst) = ($ARGV[0], 0);
sub timed { my $t = time; $_[0]->(); $t = (time - $t) * 1000; $worst = $t if $t > $worst }
while (-d "/proc/$ARGV[1]") {
	timed(sub { if (open my $f, ">>", $path) { print $f "x" x 65536; $f->sync; close $f } });
	timed(sub { stat $path });
	sleep 0.05;
}
printf "%d\n", $worst;
V
chmod +x /tmp/victim
work="/bin/sh -c 'while dd if=/dev/zero of=\$NFSAFE_MOUNTPOINT/big bs=1M count=24; do :; done'"
# tripped VERS FAULT OPTIONS
tripped() {
	local name="$1 $2${3:+ $3}" pid first start
	check "$name: set up" site vers="$1" full="$work" extra="options = ${3-}"
	nfsafe run --level full >"$out" 2>"$err" &
	pid=$!
	wait_for 20 in_phase backup && wait_for 5 test -s "$lab_state/nas1/lab/big"
	chmod 666 "$lab_state"/nas1/lab/* 2>/dev/null
	first=$(sed -n 's/^pid=\([0-9]*\) .*/\1/p' "$state/run/nfsafe.lock")
	/tmp/victim "$mountpoint/victim" "$first" >"$state/worst" &
	wait_for 5 test -s "$lab_state/nas1/lab/victim"
	start=$(now)
	"nas_$2" nas1
	wait "$pid"
	status=$? elapsed=$(($(now) - start)) ran="run that lost its server"
	exits 124 "$name: exit 124"
	within 12500 "$name: nfsafe has ended"
	wait_for 5 test -s "$state/worst"
	is "$name: the victim was held $(cat "$state/worst") ms, not over 10 s" \
		"$(($(cat "$state/worst") <= 10000))" 1
	is "$name: recorded" "$(outcome outcome)" aborted
	says "died: no call answered" "$name: is told"
	nothing_mounted "$name: nothing is mounted"
	nothing_blocked "$name: nothing is blocked"
}
tripped 3 freeze
tripped 3 cut hard
tripped 4.1 freeze
tripped 4.1 stop hard

# A killed server may come back: in time, then it goes on.
site vers=3 full="/bin/sh -c 'for i in 1 2 3 4 5 6 7; do dd if=/dev/zero of=\$NFSAFE_MOUNTPOINT/big bs=1M count=2 || exit; sleep 1; done'"
nfsafe run --level full >"$out" 2>"$err" &
pid=$!
wait_for 20 in_phase backup
nas_freeze nas1
wait_for 6 grep -q "server is late" "$err"
nas_thaw nas1
wait "$pid"
status=$? ran="a run whose server came back"
exits 0 "back before the bound: good"
says "answers again" "and it is told that it was late"

nas_slow nas1 16mbit
sed -i 's|^full = .*|full = /bin/dd if=/dev/zero of=/srv/nfsafe/nas1/slow bs=1M count=16 conv=fsync|' "$conf"
nf run --level full
exits 0 "slow is not dead"
done_testing
