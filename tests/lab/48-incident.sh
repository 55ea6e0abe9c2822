#!/bin/bash
# Proves that after a server died under a run `incident` says who was blocked on it, for how
# long and why, what the watch thought when, who was sent what, and when he was released;
# that what it says of a victim is what the victim itself has measured; and that it can be
# read while the run is under way.
# limit: 120
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source-path=SCRIPTDIR source=site.sh
. "$lab/site.sh"

# A mail server's thread: stats and reads for ever; prints its longest call in ms.
cat >/tmp/victim.pl <<'V'
use strict; use Time::HiRes qw(time sleep);
my ($path, $worst) = ($ARGV[0], 0);
while (-d "/proc/$ARGV[1]") {
	my $t = time;
	if (open my $f, ">>", $path) { syswrite $f, "x" x 65536; close $f }
	$t = (time - $t) * 1000; $worst = $t if $t > $worst;
	sleep 0.05;
}
printf "%d\n", $worst;
V
work="/bin/sh -c 'while dd if=/dev/zero of=\$NFSAFE_MOUNTPOINT/big bs=1M count=8; do :; done'"
check "set up" site full="$work" vers=3
nfsafe run --level full >"$out" 2>"$err" &
pid=$!
wait_for 20 in_phase backup && wait_for 5 test -s "$lab_state/nas1/lab/big"
chmod 777 "$lab_state/nas1/lab"
supervisor=$(sed -n 's/^pid=\([0-9]*\) .*/\1/p' "$state/run/nfsafe.lock")
perl /tmp/victim.pl "$mountpoint/mail" "$supervisor" >"$state/worst" &
victim=$!
wait_for 5 test -s "$lab_state/nas1/lab/mail"
nas_freeze nas1
sleep 1
cp "$out" "$state/out" && cp "$err" "$state/err"
nf incident "$(sql 'SELECT max(id) FROM run')"
exits 0 "while the run is under way"
says "is running" "says so"
wait "$pid"
status=$? ran="a run whose server died"
is "the run: exit 124" "$status" 124
wait_for 5 test -s "$state/worst"
worst=$(cat "$state/worst")
nf incident
exits 0 "incident, of the last run that did not end well"
cat "$out" | sed 's/^/# /'
says "^Yes: [0-9]+ tasks? of this host w(as|ere) blocked on nas1, .* because: tripped: " \
	"on top: yes, who, why"
says "^  blocked  $victim perl, from [0-9.]+ s on, for [0-9.]+ s: D in [a-z_]+" "the victim is among them"
says "phase +backup: aborted" "the phases"
says "beat +NULL answered" "answers"
says "mountstats +[0-9]+ calls ended" "what the mount has come to"
says "state +late: " "late"
says "state +tripped: " "tripped"
says "signal .*SIGTERM" "the signal to the backup"
says "signal .*command: has ended with [0-9]+, [0-9]+ ms later" "and what it did to it"
says "force +.*aborted [0-9]+ times" "the force"
says "(released|detach) " "the release"
nf incident --json
said=$(tail -n 1 "$out" | jq ".blocked[] | select(.task == \"$victim perl\") | .ms" | sort -n | tail -n 1)
is "of the victim: said $said ms, measured $worst ms, within 2 s" \
	"$((said - worst <= 2000 && worst - said <= 2000))" 1
json '.tripped' true "in JSON: tripped"
nothing_mounted "nothing is mounted"
nothing_blocked "nothing is blocked"
done_testing
