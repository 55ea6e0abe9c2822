#!/bin/bash
# Proves that nobody who takes no output, or only some of it, holds up a run: two streams
# into one pipe or socket, whose reader takes exactly a page and pauses; SIGTERM ends it,
# a server that freezes trips it. That a command which somebody traces ends as it ends.
# That output is not written to a remote file.
# Seen to catch: a supervisor in write(2), whom no signal and no watch reached; "the command
# ended with 128".
# limit: 150
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source-path=SCRIPTDIR source=site.sh
. "$lab/site.sh"

check "set up" site full="$state/noisy"
cat >"$state/noisy" <<-'E'
	#!/bin/sh
	head -c 10000000 /dev/zero | tr '\0' a &
	head -c 10000000 /dev/zero | tr '\0' b >&2
	wait
	E
# Takes BYTES, then pauses.
cat >"$state/reader" <<-'E'
	#!/usr/bin/python3
	import os, sys, time
	time.sleep(2)
	os.read(0, int(sys.argv[1]))
	os.close(3)
	time.sleep(1000)
	E
# COMMAND with both streams into a socket, whose reader does the same; prints its pid.
cat >"$state/socket" <<-'E'
	#!/usr/bin/python3
	import os, socket, subprocess, sys, time
	ours, theirs = socket.socketpair()
	theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1) # the least that there is
	child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
	theirs.close()
	time.sleep(2)
	ours.recv(4096)
	print(child.pid, flush=True)
	child.wait()
	sys.exit(child.returncode)
	E
chmod 755 "$state"/{noisy,reader,socket}
ended() { [ ! -d "/proc/$1" ]; }
# begin BYTES ARG...: nfsafe ARG... into a FIFO, read so; its process is in $pid
begin() {
	local bytes=$1
	shift
	rm -f "$state"/{pipe,read}
	mkfifo "$state/pipe" "$state/read"
	"$state/reader" "$bytes" <"$state/pipe" 3>"$state/read" &
	reader=$!
	"$NFSAFE" --config "$conf" "$@" >"$state/pipe" 2>&1 &
	pid=$!
	cat "$state/read"
	sleep 0.5
}
# finished NAME CODE MS
finished() {
	local start got=0
	start=$(now)
	wait_for $(($3 / 1000 + 5)) ended "$pid"
	is "$1: within $3 ms" "$(($(now) - start <= $3))" 1
	ended "$pid" || { cat "/proc/$pid/stack" && kill -KILL "$reader"; }
	wait "$pid" || got=$?
	is "$1: exit code" "$got" "$2"
	kill -KILL "$reader" && wait "$reader"
	nothing_mounted "$1: nothing is mounted"
} 2>/dev/null

for bytes in 4096 100 28672; do
	begin $bytes exec nas1 -- "$state/noisy"
	kill -TERM "$pid"
	finished "exec, $bytes bytes are read, SIGTERM" 143 8000
done
begin 4096 run -v --level full
kill -TERM "$pid"
finished "run -v, SIGTERM" 143 8000

"$state/socket" "$NFSAFE" --config "$conf" exec nas1 -- "$state/noisy" >"$state/pid" &
reader=$! pid=$reader
wait_for 20 [ -s "$state/pid" ]
sleep 0.5
kill -TERM "$(cat "$state/pid")"
finished "exec into a socket, SIGTERM" 143 8000

# As strace -p PID does, but in no hurry to let go of what has ended.
cat >"$state/trace" <<-'E'
	#!/usr/bin/python3
	import ctypes, os, sys, time
	libc = ctypes.CDLL(None, use_errno=True)
	if libc.ptrace(0x4206, int(sys.argv[1]), None, None) < 0: # PTRACE_SEIZE
	    sys.exit('not traced')
	time.sleep(4)
	print(open('/proc/%s/stat' % sys.argv[1]).read().split()[2])
	E
sed -i "s@^full = .*@full = /bin/sleep 3@" "$conf"
nfsafe run --level full >"$out" 2>"$err" &
pid=$!
wait_for 15 pgrep -u backup-user -x sleep
is "traced: it has ended, and is the tracer's" \
	"$(python3 "$state/trace" "$(pgrep -u backup-user -x sleep)" 2>&1)" Z
wait "$pid"
is "traced: exit code" "$? $(cat "$err")" "0 "
is "traced: recorded as" "$(outcome outcome)" good
nothing_mounted "traced: nothing is mounted"

mkdir -p /mnt/other
mount -t nfs -o vers=3,nolock nas1:/export/other /mnt/other
nfsafe exec nas1 -- true >/mnt/other/output 2>"$err"
is "output to a remote file is refused" "$?" 64
is "and says why, and what to do" "$(cat "$err")" \
	"nfsafe: standard output is a file on /mnt/other (nfs), which may hang: write to a local one, or into a pipe"
nfsafe exec nas1 -- echo passed | cat >/mnt/other/output
is "through a pipe it is taken" "$(cat /mnt/other/output)" passed
umount /mnt/other

sed -i "s@^full = .*@full = $state/noisy@" "$conf"
begin 4096 run -v --level full
nas_freeze nas1
finished "run -v, the server freezes" 124 12000
is "recorded as" "$(outcome outcome)" aborted
nothing_blocked "nothing is blocked"
nas_thaw nas1
done_testing
