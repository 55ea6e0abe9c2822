# shellcheck shell=bash disable=SC2034,SC2154
# Sourced after scene.sh: SIGKILL of one process of nfsafe at some instant of a run, and
# what the next "nfsafe recover" makes of it.
#
#   killing_play KIND SINCE PICK CURE LIMIT
#       KIND    healthy, or the fault that trips the run while it writes
#       SINCE   start:MS or fault:MS: when, from the start of the run or from the fault
#       PICK    0 to 999: which of the processes there are then
#       CURE    before or after: the fault is ended before or after the recovery
#   killing_tell
#
# Any process whose program is nfsafe can be hit: supervisor, prober, keeper, its hand,
# tasks; those that have lost their parent too.

killing_log=/tmp/scene/killed
killing_pids() {
	local dir comm line
	for dir in /proc/[0-9]*; do
		read -r comm <"$dir/comm" && [[ $comm == nfsafe* ]] || continue
		read -r line <"$dir/stat" && [[ ${line##*) } != [ZX]* ]] && echo "${dir#/proc/}"
	done 2>/dev/null
}
killing_role() {
	local pid=$1 parent
	[ "$pid" != "$scene_run" ] || { echo supervisor; return; }
	if grep -q "^pid=$pid " "$state/run/keeper.lock"; then echo keeper
	elif grep -q '^Seccomp:.*2' "/proc/$pid/status"; then echo prober
	else
		parent=$(sed -n 's/^PPid:\t//p' "/proc/$pid/status")
		if [ "$parent" = "$scene_run" ]; then echo task
		elif [ "$parent" = 1 ]; then echo orphan
		else echo hand; fi
	fi
} 2>/dev/null
# In a process of its own, beside the run.
killing_strike() {
	local since=${1%:*} ms=${1#*:} pick=$2 pids pid role
	[ "$since" = start ] || until [ -e "$scene_board.fault" ]; do nap 0.004; done
	nap "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
	read -r -d "" -a pids <<<"$(killing_pids)"
	[ ${#pids[@]} -gt 0 ] || return
	pid=${pids[pick * ${#pids[@]} / 1000]}
	role=$(killing_role "$pid")
	kill -KILL "$pid" || return
	echo "killed=$role pid=$pid of=${#pids[@]} $(now) $(sed 's/.* phase=\([^ ]*\).*/\1/' "$state/run/nfsafe.lock")" >"$killing_log"
} 2>/dev/null
killing_gone() { [ -z "$(killing_pids)" ]; }
killing_wait() {
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
	until killing_gone; do
		((${EPOCHREALTIME/[.,]/} < end)) || return 1
		nap 0.2
	done
}
killing_play() {
	local kind=$1 since=$2 pick=$3 cure=$4 limit=$5 step=plain killer
	[ "$kind" = healthy ] || step=writing
	scene_start "$step"
	: >"$killing_log"
	killing_strike "$since" "$pick" &
	killer=$!
	scene_reached=yes
	if [ "$kind" != healthy ]; then
		scene_until 20 test -e "$scene_board.at" || scene_reached=no
	fi
	killing_kind=none
	[ $scene_reached = no ] || [ "$kind" = healthy ] || killing_kind=$kind
	scene_fault_ms=$(now)
	scene_fault "$killing_kind"
	: >"$scene_board.fault"
	scene_finish "$limit"
	kill "$killer" 2>/dev/null
	wait "$killer"
	# What goes on without the supervisor.
	killing_alone=no
	killing_wait 15 || killing_alone=yes
	[ "$cure" = after ] || scene_cure "$killing_kind"
	killing_recover
	[ "$cure" = before ] || scene_cure "$killing_kind"
	killing_wait 10
	killing_left=$(killing_pids | wc -l)
	scene_blocked=$("$scene_victim" blocked)
}
killing_recover() {
	killing_by=recover
	"$NFSAFE" recover --help >/dev/null 2>&1 || killing_by="run --level full"
	# shellcheck disable=SC2086 # two words
	timeout -s KILL 60 "$NFSAFE" --config "$conf" $killing_by >/tmp/scene/recover 2>&1
	killing_status=$?
	killing_mounted=no
	! scene_mounted || killing_mounted=yes
	killing_blocked=$("$scene_victim" blocked | grep -vc ' nfsafe')
}
killing_tell() {
	scene_tell
	cat "$killing_log"
	echo "by=$killing_by"
	echo "recover=$killing_status"
	echo "recover_mounted=$killing_mounted"
	echo "recover_blocked=$killing_blocked"
	echo "alone=$killing_alone"
	echo "processes=$killing_left"
	sqlite3 -readonly "$state/record/record.db" "PRAGMA integrity_check;
		SELECT count(*) FROM run WHERE outcome = 'running';
		SELECT outcome FROM run WHERE kind != 'init' ORDER BY id LIMIT 1" |
		paste -sd ' ' | sed 's/^/record=/'
	sed 's/^/said=/' /tmp/scene/recover
}
