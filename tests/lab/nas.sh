# shellcheck shell=bash
# Sourced inside the lab: other hosts with a real NFS server each, and their faults.
#
#   lab 10.77.N.1, fd77:N::1  <-- veth to-nasN / to-lab -->  nasN 10.77.N.2, fd77:N::2
#
# A host is a network and a mount namespace of its own, with rpcbind and nfs-ganesha.
# It exports /export/lab, and a second one, /export/other, by the same paths over v3 and
# v4.  Names: nasN (IPv4), nasN-6 (IPv6), nasN-both.  A function takes the host first;
# each fault has the function that ends it, and a fault that has returned has happened:
#
#   nas_start HOST [SETTING=VALUE]...   nas_set HOST SETTING=VALUE... (while it runs)
#     ACCESS=RW|RO|None  SQUASH=None|Root|All  EXPORTED=yes|no (both with SIGHUP)
#   nas_stop        SIGKILL; the port refuses, rpcbind still names it      nas_restart
#   nas_refuse      host up, nothing listens, not even rpcbind             nas_restart
#   nas_freeze      SIGSTOP: ping and TCP answer, no call does: the incident  nas_thaw
#   nas_cut         the host's link goes down                              nas_heal
#   nas_delay MS    that long each way                                     nas_calm
#   nas_loss PERCENT [to|from]   of all packets, or of one direction       nas_calm
#   nas_slow RATE   as tc has it, "16mbit", towards the host               nas_calm
#   nas_rpcbind stop|freeze|forget|restore   forget: runs, knows no program
#   nas_mountd refuse|silent|restore   by packet filter, while nfsd serves
#   nas_full        no space left on /export/lab                           nas_empty
#   nas_replace     another, empty file system under /export/lab: handles go stale
#   nas_on HOST COMMAND...       runs it over there
# File systems seen from the lab: $lab_state/HOST/lab, $lab_state/HOST/other.

lab_state=/tmp/lab

# nas_wait SECONDS WHAT COMMAND...: until COMMAND succeeds; else says WHAT did not happen.
nas_wait() {
	local limit=$1 what=$2
	shift 2
	local end=$((${EPOCHREALTIME/./} + limit * 1000000))
	until "$@" >/dev/null 2>&1; do
		if ((${EPOCHREALTIME/./} > end)); then
			echo "nas: within $limit s: not $what" >&2
			return 1
		fi
		sleep 0.05
	done
}

nas_index() { echo "${1##*[!0-9]}"; }
nas_address() { echo "10.77.$(nas_index "$1").2"; }
nas_address6() { echo "fd77:$(nas_index "$1")::2"; }
nas_on() {
	local pid
	read -r pid <"$lab_state/$1/keeper.pid"
	shift
	nsenter -t "$pid" -n -m -- "$@"
}

# The namespaces live as long as a process that does nothing.
nas_create() {
	local host=$1 n dir=$lab_state/$1
	n=$(nas_index "$host")
	mkdir -p "$dir"/{run/ganesha,var,lab,other}
	mount -t tmpfs -o size="${NAS_SIZE:-96M}" "$host-lab" "$dir/lab"
	mount -t tmpfs -o size=16M "$host-other" "$dir/other"
	mkdir -p /export/lab /export/other
	# shellcheck disable=SC2016 # for the shell over there
	unshare -n -m --propagation private sh -c '
		mount --bind "$1/lab" /export/lab && mount --bind "$1/other" /export/other &&
		mount --bind "$1/var" /var/lib/nfs && mount --bind "$1/run" /run &&
		exec setsid sleep infinity' sh "$dir" </dev/null >/dev/null 2>&1 &
	echo $! >"$dir/keeper.pid"
	disown
	nas_wait 5 "a namespace for $host" nas_is_apart "$host"
	ip link add "to-$host" type veth peer name to-lab netns "$(cat "$dir/keeper.pid")"
	ip addr add "10.77.$n.1/24" dev "to-$host"
	ip addr add "fd77:$n::1/64" dev "to-$host" nodad
	ip link set "to-$host" up
	nas_on "$host" ip addr add "10.77.$n.2/24" dev to-lab
	nas_on "$host" ip addr add "fd77:$n::2/64" dev to-lab nodad
	nas_on "$host" ip link set to-lab up
	nas_on "$host" ip link set lo up
	cat >>/etc/hosts <<-E
		10.77.$n.2 $host
		fd77:$n::2 $host-6
		10.77.$n.2 $host-both
		fd77:$n::2 $host-both
	E
}
# The last of its mounts is there; before, /run is still ours, and a mountpoint as well.
nas_is_apart() { nas_on "$1" test -d /run/ganesha; }

# The configuration from the settings so far; ganesha reads it at start and on SIGHUP.
# It keeps no attributes and no names: tests change the exports behind its back.
nas_write_config() {
	local host=$1 dir=$lab_state/$1 ACCESS=RW SQUASH=None EXPORTED=yes setting
	shift
	for setting; do echo "$setting" >>"$dir/settings"; done
	# shellcheck disable=SC1091
	[ ! -e "$dir/settings" ] || . "$dir/settings"
	{
		echo 'NFS_CORE_PARAM {
			Protocols = 3,4; MNT_Port = 20048;
			Enable_NLM = false; Enable_RQUOTA = false;
		}
		MDCACHE { Dir_Chunk = 0; }
		NFSv4 { Graceless = true; RecoveryBackend = fs; }'
		nas_export 2 /export/other RW None
		[ "$EXPORTED" != yes ] || nas_export 1 /export/lab "$ACCESS" "$SQUASH"
	} >"$dir/ganesha.conf"
}
nas_export() {
	echo "EXPORT {
		Export_Id = $1; Path = $2; Pseudo = $2; Access_Type = $3; Squash = $4;
		Anonymous_Uid = 65534; Anonymous_Gid = 65534; Attr_Expiration_Time = 0;
		SecType = sys; Protocols = 3,4; Transports = TCP; FSAL { Name = VFS; }
	}"
}

# By what the shell has built in, where it can: a process costs 10 ms in here.
nas_pid() { echo "$(<"$lab_state/$1/run/ganesha.pid")"; }
nas_answers() { nas_on "$1" rpcinfo -T tcp 127.0.0.1 nfs "${2:-3}"; }
# The letter of ps(1), X if there is no such process.
nas_state() {
	local line=') X'
	[ ! -r "/proc/$1/stat" ] || read -r line <"/proc/$1/stat"
	line=${line##*) }
	echo "${line%% *}"
} 2>/dev/null
nas_is_gone() { [[ "$(nas_state "$1")" == [XZ] ]]; }
nas_lives() { [ -s "$lab_state/$1/run/ganesha.pid" ] && ! nas_is_gone "$(nas_pid "$1")"; }
nas_kill() {
	kill -KILL "$1" 2>/dev/null
	nas_wait 5 "process $1 is dead" nas_is_gone "$1"
}

# What can be reached again by nothing but waking up.  In one go: a process costs much
# in here, and this is done at the start of everything.
nas_resume() {
	# shellcheck disable=SC2016 # for the shell over there
	nas_on "$1" sh -c '
		ip link set to-lab up
		ip addr replace "$1/64" dev to-lab nodad
		tc qdisc del dev to-lab root
		iptables-legacy -F INPUT
		ip6tables-legacy -F INPUT' sh "$(nas_address6 "$1")" 2>/dev/null
	tc qdisc del dev "to-$1" root 2>/dev/null
	! nas_lives "$1" || nas_thaw "$1"
	! nas_rpcbind_lives "$1" || kill -CONT "$(nas_rpcbind_pid "$1")"
}
# From whatever state it is in to one that is healthy, with empty exports.
nas_start() {
	local host=$1 dir=$lab_state/$1
	[ -e "$dir" ] || nas_create "$host" || return 1
	nas_resume "$host"
	if [ -e "$dir/replaced" ]; then
		! nas_lives "$host" || nas_stop "$host"
		nas_on "$host" umount /export/lab
	fi
	find "$dir/lab" "$dir/other" -mindepth 1 -delete
	# A client that was cut off has them open still, over 4.x, and they take the space.
	! nas_lives "$host" || [ "$(($(stat -f -c '%b - %f' "$dir/lab")))" -lt 64 ] ||
		nas_stop "$host"
	chmod 1777 "$dir/lab" "$dir/other"
	chown 0:0 "$dir/lab" "$dir/other"
	rm -f "$dir/settings" "$dir/replaced"
	nas_rpcbind "$host" restore
	if nas_lives "$host"; then
		nas_set "$@" || return 1
	else
		nas_write_config "$@"
		nas_restart "$host" || return 1
	fi
	# Until then it is "no route to host" for a moment.
	nas_wait 10 "$host can be reached" ping -c 1 -W 1 "$host"
	nas_wait 10 "$host can be reached over IPv6" ping -c 1 -W 1 "$host-6"
}
nas_restart() {
	local host=$1 dir=$lab_state/$1
	! nas_lives "$host" || nas_stop "$host" || return 1
	nas_rpcbind_lives "$host" || nas_rpcbind_launch "$host" || return 1
	nas_on "$host" ganesha.nfsd -L "$dir/ganesha.log" -f "$dir/ganesha.conf" \
		-p "$dir/run/ganesha.pid" -N NIV_EVENT
	nas_wait 20 "$host serves NFS" nas_answers "$host" &&
		nas_wait 5 "$host exports" nas_exports "$host"
}
nas_exports() { nas_on "$1" showmount -e --no-headers 127.0.0.1 | grep -q ^/export/other; }
nas_reread() { [ "$(grep -c 'Reread exports complete' "$1")" -gt "$2" ]; }
nas_set() {
	local host=$1 log=$lab_state/$1/ganesha.log before
	nas_write_config "$@"
	before=$(grep -c 'Reread exports complete' "$log")
	kill -HUP "$(nas_pid "$host")"
	nas_wait 5 "$host took its new exports" nas_reread "$log" "$before"
}

nas_stop() { nas_kill "$(nas_pid "$1")"; }
nas_refuse() { nas_stop "$1" && nas_rpcbind "$1" stop; }
nas_is_stopped() { [ "$(nas_state "$1")" = T ]; }
nas_freeze() {
	kill -STOP "$(nas_pid "$1")"
	nas_wait 5 "$1 is frozen" nas_is_stopped "$(nas_pid "$1")"
}
nas_thaw() { kill -CONT "$(nas_pid "$1")"; }

nas_cut() { nas_on "$1" ip link set to-lab down; }
# An interface that was down has lost its IPv6 address.
nas_heal() {
	nas_on "$1" ip link set to-lab up
	nas_on "$1" ip addr replace "$(nas_address6 "$1")/64" dev to-lab nodad
}
# nas_shape HOST both|to|from NETEM...: "to" is what goes to the host.
nas_shape() {
	local host=$1 way=$2
	shift 2
	[ "$way" = from ] || tc qdisc replace dev "to-$host" root netem "$@"
	[ "$way" = to ] || nas_on "$host" tc qdisc replace dev to-lab root netem "$@"
}
nas_calm() {
	tc qdisc del dev "to-$1" root 2>/dev/null
	nas_on "$1" tc qdisc del dev to-lab root 2>/dev/null
	return 0
}
nas_delay() { nas_shape "$1" both delay "$2ms"; }
nas_loss() { nas_shape "$1" "${3:-both}" loss "$2%"; }
nas_slow() { nas_shape "$1" to rate "$2"; }

nas_rpcbind_pid() { echo "$(<"$lab_state/$1/rpcbind.pid")"; }
nas_rpcbind_lives() {
	[ -s "$lab_state/$1/rpcbind.pid" ] && ! nas_is_gone "$(nas_rpcbind_pid "$1")"
}
nas_rpcbind_launch() {
	# shellcheck disable=SC2016 # for the shell over there
	nas_on "$1" sh -c 'rpcbind -f </dev/null >/dev/null 2>&1 & echo $!' \
		>"$lab_state/$1/rpcbind.pid"
	nas_wait 10 "rpcbind of $1" nas_on "$1" rpcinfo -T tcp 127.0.0.1 100000
}
nas_rpcbind() {
	local host=$1
	case $2 in
	stop) nas_kill "$(nas_rpcbind_pid "$host")" ;;
	freeze)
		kill -STOP "$(nas_rpcbind_pid "$host")"
		nas_wait 5 "rpcbind is frozen" nas_is_stopped "$(nas_rpcbind_pid "$host")"
		;;
	forget) nas_rpcbind "$host" stop && nas_rpcbind_launch "$host" ;;
	restore)
		! nas_rpcbind_lives "$host" || kill -CONT "$(nas_rpcbind_pid "$host")"
		# Only a ganesha that starts tells it what it serves.
		! nas_lives "$host" || nas_answers "$host" >/dev/null 2>&1 ||
			nas_restart "$host"
		;;
	esac
}

# Ganesha serves mountd and nfsd in one process: a packet filter parts them.  Silent
# accepts the connection, and loses what is sent on it.
nas_mountd() {
	local rule=(-p tcp --dport 20048) tables
	case $2 in
	refuse) rule+=(-j REJECT --reject-with tcp-reset) ;;
	silent) rule+=(--tcp-flags PSH PSH -j DROP) ;;
	esac
	for tables in iptables-legacy ip6tables-legacy; do
		if [ "$2" = restore ]; then
			nas_on "$1" "$tables" -F INPUT
		else
			nas_on "$1" "$tables" -I INPUT "${rule[@]}"
		fi
	done
}

nas_full() {
	local dir=$lab_state/$1/lab
	fallocate -l "$(($(stat -f -c '%a * %S' "$dir")))" "$dir/.filler"
}
nas_empty() { rm -f "$lab_state/$1/lab/.filler"; }
# The server comes back with another disk under the same export.
nas_replace() {
	local host=$1 dir=$lab_state/$1/lab
	nas_stop "$host"
	: >"$lab_state/$host/replaced"
	nas_on "$host" mount -t tmpfs -o "size=${NAS_SIZE:-96M}" "$host-new" /export/lab
	nas_restart "$host"
}
