# shellcheck shell=bash disable=SC2034
# Sourced by a lab test after check.sh: a host with a backup user and a configuration.
#
#   site [KEY=VALUE]...   a new record and configuration; starts nas1 (and nas2, with
#                         hosts="nas1 nas2") with empty exports; then, with init=yes, each
#                         is marked.  vers=3, max_stall=10s, full=…, incremental=…,
#                         timeout=…, extra="key = value" for each destination; serve=no:
#                         the servers are somebody else's
#   nfsafe ARG...         run of nfsafe with that configuration
#   phase                 the phase that a running nfsafe is in, out of its lock
#   in_phase NAME
#   outcome FIELD         of the last run in the record: outcome, reason, level, …
#   verdict FIELD         of the last probe in the record
#   phases                of the last run: "probe ok", "mount ok", …
#   write_to_bare_mountpoint   succeeds if somebody could fill the system disk

state=/tmp/site
conf=$state/nfsafe.conf
mountpoint=/srv/nfsafe/nas1

site() {
	local vers=3 max_stall=10s hosts=nas1 init=yes serve=yes timeout=2m extra='' host setting
	local full="/bin/sh -c 'echo full >\$NFSAFE_MOUNTPOINT/\$NFSAFE_LABEL'"
	local incremental="/bin/sh -c 'echo incremental >\$NFSAFE_MOUNTPOINT/\$NFSAFE_LABEL'"
	for setting; do local "$setting"; done
	# Not by useradd, which needs what only root may read of this machine.
	id -u backup-user >/dev/null 2>&1 || {
		echo 'backup-user:x:61002:1002::/:/bin/sh' >>/etc/passwd
		echo 'backup-user:x:61002:' >>/etc/group
	}
	chattr -i /srv/nfsafe/* 2>/dev/null
	rm -rf "$state" /srv/nfsafe
	mkdir -p "$state"
	chmod 1777 "$state"
	# As in production: a local file system that can make a directory immutable.
	{
		printf '[nfsafe]\nstate_dir = %s/record\nrun_dir = %s/run\n' "$state" "$state"
		for host in $hosts; do
			printf '[destination %s]\nsource = %s:/export/lab\n' "$host" "$host"
			printf 'mountpoint = /srv/nfsafe/%s\nvers = %s\n' "$host" "$vers"
			printf 'max_stall = %s\nprobe_timeout = 2s\nmount_timeout = 5s\n' "$max_stall"
			printf 'umount_timeout = 4s\nmin_free = 1MiB\n%s\n' "$extra"
		done
		printf '[backup]\ndestinations = %s\nuser = backup-user\n' "$hosts"
		printf 'full = %s\nincremental = %s\n' "$full" "$incremental"
		printf 'timeout_full = %s\ntimeout_incremental = %s\n' "$timeout" "$timeout"
	} >"$conf"
	for host in $hosts; do
		[ "$serve" != yes ] || nas_start "$host" || return 1
		[ "$init" != yes ] || nfsafe init "$host" >"$state/init" 2>&1 || {
			cat "$state/init"
			return 1
		}
	done
}
# site_heal HOST: the link is up again, and what it leads to answers.
site_heal() {
	nas_heal "$1"
	wait_for 20 timeout 2 rpcinfo -T tcp "$1" nfs 3
}
nfsafe() { "$NFSAFE" --config "$conf" "$@"; }
# For run and timeout(1), which take programs only.
nf() { run "$NFSAFE" --config "$conf" "$@"; }
phase() { sed -n 's/.* phase=\([^ ]*\) .*/\1/p' "$state/run/nfsafe.lock"; }
in_phase() { [ "$(phase)" = "$1" ]; }
sql() { sqlite3 -readonly "$state/record/record.db" "$1"; }
outcome() { sql "SELECT $1 FROM run ORDER BY id DESC LIMIT 1"; }
verdict() { sql "SELECT $1 FROM verdict ORDER BY id DESC LIMIT 1"; }
phases() {
	sql "SELECT name || ' ' || outcome FROM phase WHERE run = (SELECT max(id) FROM run)
		ORDER BY seq" | paste -sd,
}
