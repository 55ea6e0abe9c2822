#!/bin/bash
# Proves that what a command left behind is seen, whatever it does to hide: its main thread
# has ended and another one writes on; it is a chain of processes that fork and end. And
# that what ended is reaped while the command goes on, whatever session it has. That a
# short umount_timeout is time enough to end it, that exec says that it was, and that the
# record's full disk is not told as a death.
# Seen to catch: a run called good with a writer on the share; "fork: Resource temporarily
# unavailable"; "cannot be ended" of what nobody had tried to end.
# limit: 150
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source-path=SCRIPTDIR source=site.sh
. "$lab/site.sh"

check "set up" site
full() { sed -i "s@^full = .*@full = $1@" "$conf"; }
left() { pgrep -u backup-user -c; }

cat >"$state/headless" <<-'E'
	#!/usr/bin/python3
	import ctypes, os, sys, threading, time
	if os.fork():
	    sys.exit(0)
	os.setsid()
	def work():
	    for i in range(60):
	        time.sleep(0.5)
	        with open(os.environ['NFSAFE_MOUNTPOINT'] + '/late', 'a') as f:
	            f.write('x')
	    os._exit(0)
	threading.Thread(target=work).start()
	ctypes.CDLL(None).syscall(60, 0) # exit(2), not exit_group(2)
	E
# Forks and ends, SECONDS between; the one that is there writes.
cat >"$state/chain" <<-'E'
	#!/usr/bin/python3
	import os, sys, time
	if os.fork():
	    os._exit(0)
	end = time.time() + 30
	while time.time() < end:
	    if os.fork():
	        os._exit(0)
	    os.setsid()
	    time.sleep(float(sys.argv[1]))
	    open(os.environ['NFSAFE_MOUNTPOINT'] + '/late', 'a').write('x')
	E
chmod 755 "$state"/{headless,chain}

full "$state/headless"
nf run --level full
exits 1 "its main thread has ended, another one works: suspect"
says "left processes behind; they were ended" "it is told"
is "and is ended" "$(left)" 0
nothing_mounted "nothing is mounted"
nf exec nas1 -- sh -c "$state/headless; sleep 0.2; ps -eo stat | grep -c '^Z.*l'"
is "(it was such a one)" "$(cat "$out")" 1
is "and exec ends it too" "$(left)" 0

for pause in 0 0.001 0.02; do
	full "$state/chain $pause"
	nf run --level full
	exits 1 "a chain that forks every $pause s: suspect"
	says "left processes behind; they were ended" "a chain, $pause s: it is told"
	is "a chain, $pause s: and is ended" "$(left)" 0
	nothing_mounted "a chain, $pause s: nothing is mounted"
done

full "/bin/bash -c 'ulimit -u 30; for i in \$(seq 60); do setsid -f true || exit 9; sleep 0.01; done'"
nf run --level full
exits 0 "what has a session of its own and has ended does not pile up"
full "/bin/bash -c 'ulimit -u 30; for i in \$(seq 60); do (true \\&) || exit 9; sleep 0.01; done'"
nf run --level full
exits 0 "nor what has none"

sed -i 's/^umount_timeout = .*/umount_timeout = 1s/' "$conf"
full "/bin/sh -c 'setsid sleep 100 \\& sleep 0.1'"
nf run --level full
exits 1 "umount_timeout = 1s: suspect"
says "left processes behind; they were ended" "and says that it was ended"
is "which is true" "$(left)" 0
sed -i 's/^umount_timeout = .*/umount_timeout = 4s/' "$conf"

nf exec nas1 -- sh -c 'setsid sleep 100 & exit 7'
exits 7 "exec: the command's own status"
says "left processes behind; they were ended" "and what it left behind is told"
is "and ended" "$(left)" 0

# The record's disk, full from the backup on.
mkdir -p /tmp/small
mount -t tmpfs -o size=600k,mode=1777 small /tmp/small
sed -i 's@^state_dir = .*@state_dir = /tmp/small/record@' "$conf"
nf init nas1
exits 0 "a record on a small disk"
full "/bin/sh -c 'dd if=/dev/zero of=/tmp/small/fill bs=1k 2>/dev/null; true'"
nf run --level full
exits 74 "the disk gets full during the backup"
says "/tmp/small/record/record.db: .*(full|space)" "and it is said"
is "once" "$(wc -l <"$err")" 1
nothing_mounted "nothing is mounted"
nf status
says "left behind +not recorded: nfsafe run, pid [0-9]+, .*: it ended, but" "status does not say that it died"
nf run --level full
exits 74 "nor can the next one run"
nf status
says "left behind +not recorded" "and status says the same still"
rm -f /tmp/small/fill
full /bin/true
nf run --level full
exits 0 "with room again it is good"
is "the one before is recorded as" "$(sqlite3 -readonly /tmp/small/record/record.db \
	"SELECT outcome || ': ' || reason FROM run WHERE kind = 'run' ORDER BY id LIMIT 1")" \
	"failed: it ended, but how could not be written into the record"
umount /tmp/small
nothing_blocked "nothing is blocked"
done_testing
