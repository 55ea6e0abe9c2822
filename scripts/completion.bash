# shellcheck shell=bash
# Completion of nfsafe(8) for bash; goes to /usr/share/bash-completion/completions/nfsafe.
#
# Commands and options come from nfsafe's own help, so there is nothing here to forget.

# Lines "  NAME   text" of the section $1 of the help of the words that follow.
_nfsafe_section() {
	local section=$1
	shift
	nfsafe "$@" --help 2>/dev/null | sed -n "/^$section:/,/^\$/p"
}
_nfsafe_commands() { _nfsafe_section Commands "$@" | sed -n 's/^  \([a-z]*\)  .*/\1/p'; }
_nfsafe_options() {
	{
		_nfsafe_section Options "$@"
		_nfsafe_section 'Options of every command' "$@"
	} | sed -n 's/^  .\{4\}\(--[a-z-]*\).*/\1/p'
}
# The destinations of the configuration, as "config show" has them.
_nfsafe_destinations() {
	nfsafe config show 2>/dev/null | sed -n 's/^\[destination \(.*\)\]$/\1/p'
}

_nfsafe() {
	local current=${COMP_WORDS[COMP_CWORD]} word path=() i
	# The command, and the command below it, among what is typed so far.
	for ((i = 1; i < COMP_CWORD && ${#path[@]} < 2; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-c | --config) i=$((i + 1)) ;;
		-*) ;;
		*) ! _nfsafe_commands "${path[@]}" | grep -qxe "$word" || path+=("$word") ;;
		esac
	done
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	-c | --config)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	esac
	case $current in
	-*) mapfile -t COMPREPLY < <(compgen -W "$(_nfsafe_options "${path[@]}")" -- "$current") ;;
	*)
		mapfile -t COMPREPLY < <(compgen -W "$(_nfsafe_commands "${path[@]}")" -- "$current")
		[ ${#path[@]} -eq 0 ] || [ ${#COMPREPLY[@]} -gt 0 ] ||
			mapfile -t COMPREPLY < <(compgen -W "$(_nfsafe_destinations)" -- "$current")
		;;
	esac
}
complete -F _nfsafe nfsafe
