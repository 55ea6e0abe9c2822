#!/bin/bash
# Proves that lib/mnt mounts v3 and 4.1, soft and hard, as asked and proved; and that a
# server which falls silent at any call of a mount, a refusal, a signal, or what somebody
# else has mounted there, leaves nothing mounted and nobody blocked, in time.
# Seen to catch: what is there already mounted over; a mount killed at the last moment left
# there; ours left on top of a foreign one; a refusal tried again read-only; mount.nfs run.
# limit: 240
# shellcheck source-path=SCRIPTDIR source=check.sh
. "$(dirname "$0")/check.sh"

drive=$BUILD/tests/lab/drive
point=/srv/nfsafe/m20
# attach VERS OPTIONS MS [SOURCE [ADDRESS [PORT [MOUNTPORT]]]]
attach() {
	run "$drive" attach "${4-nas1:/export/lab}" "$point" "$1" "${5-10.77.1.2}" "${6-2049}" \
		"${7-20048}" "$2" "$3"
}
detach() { run "$drive" detach "$point" 5000; }
entry() { grep " $point " /proc/self/mountinfo; }
# The kernel's own state manager of 4.x is no process of the host: it waits for its call as
# long as the time-outs of that mount say.
nobody_blocked() { is "$1: nobody is blocked" "$(blocked_tasks | grep -v -- '-manager ')" ""; }
# Nothing is left of the last step.
left_nothing() {
	nothing_mounted "$1: nothing is mounted"
	nobody_blocked "$1"
}

run "$drive" prepare "$point"
says "^safe immutable=1" "the bare mountpoint is made"
check "not even root can write to it" bash -c "! touch $point/x"
run "$drive" prepare "$point"
says "^safe" "and again"

nas_start nas1
for vers in 30 41; do
	for options in soft hard; do
		attach "$vers" "$options" 5000
		says "^attached" "$vers $options: mounted"
		is "$vers $options: with what keeps the promise" \
			"$(entry | grep -Eo 'nosuid|nodev|noexec|nosharecache|proto=tcp|soft|hard' |
				sort -u | xargs)" "$(printf '%s\n' nosuid nodev noexec "$options" nosharecache proto=tcp |
				sort -u | xargs)"
		detach
		says "^detached .*flushed=1" "$vers $options: unmounted"
		left_nothing "$vers $options"
	done
done
attach 30 "" 5000
is "v3 asks no lock manager" "$(entry | grep -o nolock)" nolock
attach 30 "" 5000
says "^occupied .*left alone" "a mount of ours is not mounted over"
detach
check "a foreign mount is put there" mount -t tmpfs foreign "$point"
attach 30 "" 5000
says "^occupied .*foreign \(tmpfs\)" "what is foreign is named"
is "and left alone" "$(entry | grep -c foreign)" 1
umount "$point"
mount -t tmpfs hides /srv/nfsafe 2>/dev/null
attach 30 "" 5000
says "^refused .*errnum=2" "a mountpoint that another mount hides"
umount /srv/nfsafe

attach 30 "" 5000 nas1:/export/none
says "^refused .*errnum=(2|13)" "no such export"
attach 41 "" 5000 nas1:/export/none
says "^refused .*errnum=2" "4.1: no such export"
nas_set nas1 ACCESS=None
attach 30 "" 5000
says "^refused .*errnum=13.*denies" "the export is denied"
nas_set nas1 ACCESS=RW
left_nothing "refused"

# A server that serves K calls of a mount, then none any more.
coproc server { "$BUILD/tests/server/nfs-server" --control --address=127.0.0.1; }
exec {from}<&"${server[0]}" {to}>&"${server[1]}"
read -r -t 5 _ nfs mountport _ <&"$from"
# tell COMMAND: what it prints before its "ok"
tell() {
	local answer
	echo "$1" >&"$to"
	while read -r -t 5 answer <&"$from" && [ "$answer" != ok ]; do echo "$answer"; done
}
renew() { for command in clear drop reset "$@"; do tell "$command"; done; }
# Of each call its operations, "PUTFH+GETATTR" for a COMPOUND: what it is known by.
calls() {
	tell stats | sed 's/.* names: *//; s/ peers:.*//' | tr ' ' '\n' |
		awk '/COMPOUND$/ { compound = 1; if (n++) printf "\n"; next }
			/^nfs4[.]/ && !/NULL$/ { sub(/^nfs4[.]/, ""); printf "+%s", $0; next }
			{ if (n++) printf "\n"; printf "%s", $0 } END { print "" }'
}
for vers in 30 41; do
	renew
	attach "$vers" "" 5000 here:/export 127.0.0.1 "${nfs#*=}" "${mountport#*=}"
	says "^attached" "$vers, a scripted server: mounted"
	calls >"$scratch/calls"
	mapfile -t steps <"$scratch/calls"
	detach
	check "$vers: a mount takes several calls" [ ${#steps[@]} -gt 4 ]
	for ((k = 0; k < ${#steps[@]}; k++)); do
		# One of several that are alike is enough.
		[ $k = 0 ] || [ "${steps[k]}" != "${steps[k - 1]}" ] || continue
		renew "fault silent+$k"
		attach "$vers" "hard" 250 here:/export 127.0.0.1 "${nfs#*=}" "${mountport#*=}"
		name="$vers, silent from call $((k + 1)) on (${steps[k]})"
		says "^timed-out .*left=0" "$name: given up"
		within 2000 "$name: in time"
		is "$name: nothing is mounted" "$(entry)" ""
		nobody_blocked "$name"
	done
	left_nothing "$vers, silent"
done
renew "fault MNT3ERR_ACCES@MNT"
attach 30 "" 5000 here:/export 127.0.0.1 "${nfs#*=}" "${mountport#*=}"
says "^refused .*errnum=13" "denied"
is "a refusal is not tried again read-only" "$(calls | grep -c MNT)" 1
exec {to}>&-

# Killed at any instant: also when the mount was made, and only the answer is missing.
bad='' killed=0
for ((ms = 2; ms <= 30; ms += 2)); do
	attach 30 "" $ms
	case $(cat "$out") in
	timed-out*) killed=$((killed + 1)) ;;
	attached*) detach ;;
	*) bad+="$ms ms: $(cat "$out")"$'\n' ;;
	esac
	[ -z "$(entry)" ] || bad+="$ms ms: $(entry)"$'\n'
	[ -z "$(entry)" ] || detach
done
is "killed after 2 to 30 ms: it leaves nothing" "$bad" ""
check "some of them were killed ($killed)" [ $killed -gt 0 ]

for vers in 30 41; do
	nas_freeze nas1
	attach "$vers" "" 1000
	says "^timed-out" "$vers, frozen: given up"
	within 2500 "$vers, frozen: in time"
	left_nothing "$vers, frozen"
	"$drive" attach nas1:/export/lab "$point" "$vers" 10.77.1.2 2049 20048 "" 20000 \
		>"$scratch/cancelled" &
	wait_for 5 pgrep -x drive
	sleep 0.3
	start=$(now)
	kill -TERM $!
	wait $!
	check "$vers, a signal while mounting: ends at once" [ $(($(now) - start)) -lt 1500 ]
	check "$vers, a signal while mounting: is told" grep -q "^cancelled" "$scratch/cancelled"
	left_nothing "$vers, a signal"
	nas_thaw nas1
done
# Somebody else is quicker: ours comes to lie on theirs, or theirs on ours.
nas_freeze nas1
"$drive" attach nas1:/export/lab "$point" 30 10.77.1.2 2049 20048 "" 20000 >"$scratch/late" &
wait_for 5 pgrep -x drive
sleep 0.3
mount -t tmpfs foreign "$point"
nas_thaw nas1
wait $!
check "what was mounted meanwhile is noticed" grep -q "^unproven .*left=0" "$scratch/late"
is "ours is taken back, theirs stays" "$(entry | sed 's/.* - //')" "tmpfs foreign rw"
umount "$point"
left_nothing "mounted meanwhile"

nas_refuse nas1
attach 41 "" 1000
says "^(refused .*errnum=111|timed-out)" "4.1, nobody listens"
within 2500 "4.1, nobody listens: in time"
attach 30 "" 1000
says "^(refused .*errnum=111|timed-out)" "v3, nobody listens"
left_nothing "nobody listens"
done_testing
