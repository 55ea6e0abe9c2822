# shellcheck shell=bash disable=SC2034
# Sourced by a lab test: assertions, each one line of TAP.
#
#   run COMMAND...        runs it; then $status, $elapsed (ms), $out and $err (files)
#                         tell about it; after ${RUN_LIMIT:-60} s it is killed: 137
#   exits CODE NAME       the last run ended with CODE
#   within MS NAME        the last run took no longer
#   says REGEX NAME       its output or its messages match
#   json FILTER WANT NAME jq's FILTER on the last line of its output gives WANT
#   check NAME COMMAND... COMMAND succeeds
#   is NAME GOT WANT      the same text
#   nothing_mounted NAME  no NFS mount in any namespace, no superblock of one, nothing
#                         at or below /srv/nfsafe
#   nothing_blocked NAME  no task of the host waits uninterruptibly in NFS or RPC
#   skip NAME WHY         what cannot be tried here
#   wait_for SECONDS COMMAND...  until it succeeds, polling; else fails
#   now                   milliseconds, for differences
#   done_testing          the plan; a test without it failed
# What fails tells on lines with "#" what was seen.

lab=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR source=nas.sh
. "$lab/nas.sh"
scratch=$(mktemp -d)
out=$scratch/out err=$scratch/err ran='' status=0 elapsed=0 tests=0

now() { echo "$((${EPOCHREALTIME/./} / 1000))"; }
ok() {
	tests=$((tests + 1))
	echo "ok - $1"
}
# not_ok NAME [WHAT WAS SEEN]
not_ok() {
	tests=$((tests + 1))
	echo "not ok - $1"
	[ -z "${2-}" ] || sed 's/^/# /' <<<"$2"
}
skip() {
	tests=$((tests + 1))
	echo "ok - $1 # SKIP $2"
}
done_testing() { echo "1..$tests"; }

run() {
	local start=${EPOCHREALTIME/./}
	ran="$*"
	# SIGKILL: what libtirpc waits for is not interrupted by less.
	(
		timeout -s KILL "${RUN_LIMIT:-60}" "$@"
		exit
	) >"$out" 2>"$err" </dev/null
	status=$?
	elapsed=$(((${EPOCHREALTIME/./} - start) / 1000))
}
# judge NAME COMMAND...: about the last run, which is shown when COMMAND fails.
judge() {
	local name=$1
	shift
	if "$@"; then
		ok "$name"
	else
		not_ok "$name" "exit status $status after $elapsed ms of: $ran
$(tail -n 40 "$out")
-- messages:
$(tail -n 40 "$err")"
	fi
}
exits() { judge "$2" [ "$status" = "$1" ]; }
within() { judge "$2" [ "$elapsed" -le "$1" ]; }
says() { judge "$2" grep -Eqe "$1" "$out" "$err"; }
json() {
	local got
	got=$(tail -n 1 "$out" | jq -r "$1" 2>&1)
	judge "$3${got:+ ($1: $got)}" [ "$got" = "$2" ]
}
check() {
	local name=$1 seen
	shift
	if seen=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$* gave $?: $seen"; fi
}
is() {
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "seen: $2"$'\n'"wanted: $3"; fi
}

mounted_nfs() {
	cat /proc/[0-9]*/mountinfo 2>/dev/null | grep -E ' - nfs4? ' | sort -u
	grep -E ' /srv/nfsafe[/ ]' /proc/self/mountinfo
	sed -n '2,$p' /proc/fs/nfsfs/volumes
}
nothing_mounted() {
	local seen
	seen=$(mounted_nfs)
	if [ -z "$seen" ]; then ok "$1"; else not_ok "$1" "$seen"; fi
}
# Tasks in state D somewhere in NFS or RPC, "PID COMM FUNCTION" each.  Of processes: a
# worker of the kernel (PF_KTHREAD in its flags) that waits for a dead server holds up
# nobody.  One that is blocked in exit has neither memory nor command line left.
blocked_tasks() {
	local task flags # no space in any of their names
	for task in $(grep -lE '\) D ' /proc/[0-9]*/task/[0-9]*/stat); do
		task=${task%/stat}
		flags=$(sed 's/.*) //' "$task/stat" | cut -d ' ' -f 7)
		((flags & 0x200000)) && continue
		grep -Eq '\[(nfs|nfsv3|nfsv4|sunrpc)\]' "$task/stack" &&
			echo "${task##*/} $(cat "$task/comm") $(cat "$task/wchan")"
	done 2>/dev/null
}
# A call that is answered in time is no block: it counts when it is there twice.
nothing_blocked() {
	local seen
	seen=$(blocked_tasks)
	[ -z "$seen" ] || { sleep 0.3 && seen=$(blocked_tasks); }
	if [ -z "$seen" ]; then ok "$1"; else not_ok "$1" "$seen"; fi
}
wait_for() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		((${EPOCHREALTIME/./} < end)) || return 1
		sleep 0.05
	done
}
