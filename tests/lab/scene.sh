# shellcheck shell=bash disable=SC2034,SC2154
# Sourced inside the lab after check.sh and site.sh: a run with its victims, a fault at an
# instant of it, and what came of it.
#
#   scene_set MOUNT FAULT   the server that can have FAULT, healthy and empty, and a record
#                           in which the destination is marked; MOUNT: 3-soft, 3-hard,
#                           4.1-soft, 4.1-hard
#   scene_play INSTANT FAULT LIMIT   starts victims and run, waits for INSTANT, lets FAULT
#                           happen, waits for the end (LIMIT seconds)
#   scene_tell              prints what was seen, one "key=value" or call a line
#   scene_strike            ends the fault and whatever is left; fails if it cannot
#
# No instant is reached by sleeping: the lock file says the phase, the backup its step
# (victim.c), the interface the packets.  Phases that are over in milliseconds are played
# with a server 60 ms away, fsync and close over 24 Mbit/s.  A fault that came too late is
# seen by the record: "hit=" is the phase in which it happened.
# Within a second hundreds of processes are too many here: what bash has built in is used.

scene_victim=/tmp/victim
scene_board=/tmp/scene/board
mkdir -p /tmp/scene && chmod 1777 /tmp/scene
[ -p /tmp/scene/never ] || mkfifo /tmp/scene/never
exec 7<>/tmp/scene/never

# nap SECONDS, without a process.
nap() { read -r -t "$1" -u 7 || :; }

# The scripted server, for what no real one does on demand.
scene_scripted_start() {
	[ -e "$lab_state/nas8" ] || nas_create nas8 || return 1
	scene_scripted_stop
	nas_resume nas8
	[ -p /tmp/scene/control ] || mkfifo /tmp/scene/control
	exec 8<>/tmp/scene/control
	nas_on nas8 "$SERVER" --address=10.77.8.2 --port=2049 --mountport=20048 \
		--portmap-port=111 --export=/export/lab --control \
		</tmp/scene/control >/tmp/scene/server 2>&1 &
	disown
	nas_wait 5 "the scripted server listens" grep -q ready /tmp/scene/server
	echo 'owner 0:0 1777' >&8
}
scene_scripted_stop() {
	local pid
	for pid in $(pgrep -x nfs-server); do nas_kill "$pid"; done
}
# It is back, and as near and fast as it can be.
scene_restored() {
	nas_calm "$scene_host"
	now >/tmp/scene/restored
}
scene_fault() {
	local vers=${mount%-*} host=$scene_host
	case $1 in
	freeze) nas_freeze "$host" ;;
	kill) nas_stop "$host" ;;
	restart)
		nas_stop "$host"
		{
			nap 1
			nas_restart "$host"
			scene_restored
		} &
		scene_healer=$!
		;;
	cut) nas_cut "$host" ;;
	heal)
		nas_cut "$host"
		{
			nap 4
			nas_heal "$host"
			scene_restored
		} &
		scene_healer=$!
		;;
	refuse) nas_refuse "$host" ;;
	loss) nas_loss "$host" 100 from ;;
	delay) echo 'fault late:2000@nfs' >&8 ;;
	slow) nas_slow "$host" 16mbit ;;
	full) nas_full "$host" ;;
	read-only) nas_set "$host" ACCESS=RO ;;
	unexport) nas_set "$host" EXPORTED=no ;;
	jukebox)
		if [ "$vers" = 3 ]; then echo 'fault NFS3ERR_JUKEBOX@nfs3' >&8
		else echo 'fault NFS4ERR_DELAY@nfs4' >&8; fi
		;;
	garbage) echo 'fault garbage@nfs' >&8 ;;
	mountd) nas_mountd "$host" refuse ;;
	rpcbind) nas_rpcbind "$host" stop ;;
	none) ;;
	*) echo "no fault $1" >&2 && return 1 ;;
	esac
}
scene_ended() { [ -z "$(pgrep -x victim)" ]; }
scene_cure() {
	[ -z "$scene_healer" ] || wait "$scene_healer"
	case $1 in
	kill | restart | refuse) nas_resume nas1; nas_lives nas1 || nas_restart nas1 ;;
	full) nas_empty nas1 ;;
	read-only) nas_set nas1 ACCESS=RW ;;
	unexport) nas_set nas1 EXPORTED=yes ;;
	jukebox | garbage | delay)
		# Who is in a call gets out of it before the server is gone for good.
		echo clear >&8
		pkill -KILL -x victim
		nas_wait 12 "victims ended" scene_ended
		scene_scripted_stop
		;;
	rpcbind) nas_rpcbind nas1 restore ;;
	*) nas_resume nas1 ;;
	esac
}

# A record with a marked destination is made once a version, then copied.
scene_site() {
	local vers=$1 made=/tmp/scene/made-$scene_host-$1
	if [ -e "$made" ] && [ "$scene_host" = nas1 ]; then
		rm -rf "$state/record" "$state/run"
		cp -a "$made" "$state/record"
		find "$lab_state/nas1/lab" -mindepth 1 ! -name '.nfsafe*' -delete
		cp "/tmp/scene/conf-$scene_host-$vers" "$conf"
		# What a client that died had open takes space until the server forgets it,
		# and gives it back in the middle of "full".
		[ "$(($(stat -f -c '%b - %f' "$lab_state/nas1/lab")))" -lt 256 ] ||
			{ nas_stop nas1 && nas_restart nas1; }
		return
	fi
	rm -rf "$made"
	# The marker of the first version is kept by the second.
	if [ "$scene_host" = nas8 ]; then scene_scripted_start || return 1
	elif [ ! -e "$lab_state/nas1" ]; then nas_start nas1 || return 1; fi
	site vers="$vers" hosts="$scene_host" init=no serve=no
	nfsafe init "$scene_host" >"$state/init" 2>&1 || { cat "$state/init"; return 1; }
	cp -a "$state/record" "$made"
	cp "$conf" "/tmp/scene/conf-$scene_host-$vers"
}
scene_set() {
	local fault=$2
	mount=$1 scene_host=nas1
	case $fault in jukebox | garbage | delay) scene_host=nas8 ;; esac
	mountpoint=/srv/nfsafe/$scene_host
	# One WRITE of 64 KiB after the other, over 4.1.
	scene_size=$((16 * 1024 * 1024))
	[ "$fault" != delay ] || scene_size=$((512 * 1024))
	scene_site "${mount%-*}" || return 1
	cp "$VICTIM" "$scene_victim" 2>/dev/null # the backup user cannot read everything
	[ "${mount#*-}" = soft ] || sed -i 's/^vers = .*/&\noptions = hard/' "$conf"
}

scene_step() {
	case $1 in
	starting) echo start ;;
	writing) echo dirty ;;
	fsync | close | idle) echo "$1" ;;
	*) echo plain ;;
	esac
}
# scene_in PHASE: the run that goes on is in it.
scene_in() {
	local line=''
	{ read -r line <"$state/run/nfsafe.lock"; } 2>/dev/null
	[[ $line == *" command=run phase=$1 "* ]]
}
# Not by kill -0: bash may be slow to reap it, and a zombie has ended.
scene_lives() {
	local line=') Z'
	{ read -r line <"/proc/$scene_run/stat"; } 2>/dev/null
	[[ ${line##*) } != [ZX]* ]]
}
# scene_until SECONDS COMMAND...: it succeeds before the run ends.
scene_until() {
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
	shift
	until "$@"; do
		((${EPOCHREALTIME/[.,]/} < end)) && scene_lives || return 1
		nap 0.006
	done
}
scene_packets() { echo "$(<"/sys/class/net/to-$scene_host/statistics/tx_packets")"; }
scene_sent() { [ "$(<"/sys/class/net/to-$scene_host/statistics/tx_packets")" -ge "$1" ]; }
scene_reach() {
	local instant=${1%%:*} count=${1#*:}
	case $instant in
	probing) scene_until 20 scene_in probe ;;
	mounting)
		scene_until 20 scene_in mount &&
			{ [ "$count" = "$1" ] || scene_until 10 scene_sent $(($(scene_packets) + count)); }
		;;
	guarding) scene_until 20 scene_in guard ;;
	quiescing | unmounting)
		scene_until 20 scene_in backup
		nas_delay "$scene_host" 60
		if [ "$instant" = quiescing ]; then scene_until 30 scene_in quiesce
		else scene_until 30 scene_in unmount; fi
		;;
	fsync | close)
		scene_until 20 scene_in backup
		nas_slow "$scene_host" 24mbit
		scene_until 20 test -e "$scene_board.at"
		;;
	*) scene_until 20 test -e "$scene_board.at" ;;
	esac
}
scene_mounted() {
	local lines
	mapfile -t lines </proc/self/mountinfo
	[[ ${lines[*]} == *" /srv/nfsafe/"* || ${lines[*]} == *" - nfs"* ]]
}
# scene_start INSTANT: victims, and a run whose backup lingers where INSTANT is.
scene_start() {
	local step
	step=$(scene_step "$1")
	rm -f "$scene_board".* /tmp/scene/restored
	sed -i "s|^full = .*|full = $scene_victim backup $scene_board $step $mountpoint/data $scene_size|" "$conf"
	"$scene_victim" watch "$scene_board" "reader=$mountpoint" "writer=$mountpoint" df=/ \
		"ls=/srv/nfsafe" "sync=$scene_board" >/tmp/scene/calls 2>&1 &
	scene_watch=$!
	nas_wait 5 "a board" test -s "$scene_board"
	"$NFSAFE" --config "$conf" run --level full >"$out" 2>"$err" &
	scene_run=$!
	scene_healer=''
}
scene_play() {
	local instant=$1 fault=$2 limit=$3
	case $instant in probing | mounting* | guarding) nas_delay "$scene_host" 60 ;; esac
	scene_start "$instant"
	scene_reached=yes
	scene_reach "$instant" || scene_reached=no
	scene_fault_ms=$(now)
	scene_fault "$fault"
	: >"$scene_board.fault"
	scene_finish "$limit"
}
# Until the run has ended and nobody is blocked any more, or the time is up.
scene_finish() {
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000)) tries
	scene_gone_ms='' scene_status=none
	while scene_lives && ((${EPOCHREALTIME/[.,]/} < end)); do
		if scene_mounted; then scene_gone_ms=''
		elif [ -z "$scene_gone_ms" ]; then scene_gone_ms=$(now); fi
		nap 0.1
	done
	: >/tmp/scene/still
	if scene_lives; then
		{ ps -o pid,ppid,stat,wchan:30,args -C nfsafe; cat "/proc/$scene_run/stack"; } >/tmp/scene/still
		kill -KILL "$scene_run"
	else
		wait "$scene_run"
		scene_status=$?
	fi
	scene_end_ms=$(now)
	for ((tries = 0; tries < 16; tries++)); do
		scene_blocked=$("$scene_victim" blocked)
		[ -n "$(grep -v ' nfsafe' <<<"$scene_blocked")" ] || break
		nap 0.5
	done
}
scene_tell() {
	local ours others
	kill -TERM "$scene_watch"
	wait "$scene_watch"
	ours=$(grep -c ' nfsafe' <<<"$scene_blocked")
	others=$(grep -c . <<<"$scene_blocked")
	echo "reached=$scene_reached"
	echo "fault_ms=$scene_fault_ms"
	echo "end_ms=$scene_end_ms"
	echo "gone_ms=$scene_gone_ms"
	echo "exit=$scene_status"
	[ ! -e /tmp/scene/restored ] || echo "restored_ms=$(</tmp/scene/restored)"
	echo "blocked_ours=$ours"
	echo "blocked_others=$((others - ours))"
	if scene_mounted; then echo mounted=yes; else echo mounted=no; fi
	sqlite3 -readonly "$state/record/record.db" "
		SELECT 'outcome=' || outcome FROM run ORDER BY id DESC LIMIT 1;
		SELECT 'reason=' || coalesce(reason, '') FROM run ORDER BY id DESC LIMIT 1;
		SELECT 'worst_stall_ms=' || coalesce(worst_stall_ms, '') FROM run ORDER BY id DESC LIMIT 1;
		SELECT 'trip_ms=' || started_ms FROM phase
			WHERE run = (SELECT max(id) FROM run) AND name = 'breaker';
		SELECT 'hit=' || name FROM phase WHERE run = (SELECT max(id) FROM run)
			AND started_ms <= $scene_fault_ms AND $scene_fault_ms <= started_ms +
			coalesce(duration_ms, 1000000) ORDER BY seq DESC LIMIT 1"
	if [ -e "$scene_board.done" ]; then echo finished=yes; else echo finished=no; fi
	if [ "$scene_host" = nas1 ]; then
		"$scene_victim" verify "$lab_state/nas1/lab/data" "$scene_size" >/dev/null 2>&1
		echo "whole=$?"
	fi
	sed 's/^/said=/' "$err" | head -n 20
	sed 's/^/said=/' /tmp/scene/still
	sed 's/^/blocked_now=/' <<<"$scene_blocked"
	cat /tmp/scene/calls
}
scene_clean() {
	local pid point
	for pid in $(pgrep '^(nfsafe|victim)'); do kill -KILL "$pid"; done
	awk '/ - nfs4? / { print $5 }' /proc/self/mountinfo | sort -u |
		while read -r point; do umount -i -f "$point" || umount -i -l "$point"; done
	! scene_mounted && [ -z "$(sed -n '2,$p' /proc/fs/nfsfs/volumes)" ] &&
		[ -z "$(pgrep '^(nfsafe|victim)')" ]
} 2>/dev/null
scene_strike() {
	scene_cure "$1"
	nas_wait 20 "clean" scene_clean
}
