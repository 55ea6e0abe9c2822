The help of every command, as a person gets it.

  $ nfsafe --help | sed -n '/^Commands:/,/^$/p'
  Commands:
    run                        Make the backup that is due: probe, mount, back up, unmount
    exec                       Run a command while destination NAME is mounted and watched
    probe                      Ask NFS servers whether they are fit for use, without a mount
    init                       Mark the export as this host's destination NAME
    recover                    Clear what an nfsafe that was killed has left behind
    release                    End the quarantine of destination NAME by hand
    drill                      Play the incident in a private kernel, against plain soft and hard mounts
    status                     Show what runs, what was, what is due, and each destination
    incident                   Tell what happened in a run, and whether this host was blocked
    config                     Check, show, explain the configuration
    version                    Show the version

  $ for command in $(nfsafe --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
  >     nfsafe "$command" --help | sed '/^Options of every command:/,$d'
  > done
  Usage: nfsafe run [OPTION]...
  Make the backup that is due: probe, mount, back up, unmount.

  Decides from the schedule and the record what is due; takes the first
  destination that passes the probe; records and says what came of it.  Meant
  for cron: says nothing when it is good, or when nothing is due.

  Options:
        --level LEVEL          auto (what is due, the default), full, incremental
        --to NAME              only onto this destination
        --force                although nothing is due, or outside of the window; not in quarantine
    -n, --dry-run              say what would be done, and do nothing
        --explain              say at length why, and do nothing
        --at TIME              explain or dry-run as of TIME: 'YYYY-MM-DD HH:MM' local time

  Usage: nfsafe exec [OPTION]... NAME -- COMMAND [ARGUMENT]...
  Run a command while destination NAME is mounted and watched.

  The command runs as the backup user in a process group of its own, with a
  clean environment and NFSAFE_MOUNTPOINT and NFSAFE_DESTINATION in it.  Its
  exit status is passed on.  If the server dies, the command is ended, the
  share unmounted, and the exit code is 124.

  Usage: nfsafe probe [OPTION]... [NAME|SERVER:/EXPORT]...
  Ask NFS servers whether they are fit for use, without a mount.

  Goes through the layers that a mount needs, by real calls: resolve, connect,
  rpcbind, mountd, nfsd, handle, space, access, and with --write the canary.
  NAME is a destination of the configuration; without an operand, all are
  probed, at once.  SERVER:/EXPORT needs no configuration.  Root probes from
  ports below 1024, which most exports demand.

  Exit code: 0 ok, 1 slow or little space, 2 any other verdict, 3 could not ask.

  Options:
        --vers V               version of NFS: 3, 4.0, 4.1, 4.2 (default 3)
        --timeout D            a verdict within this time (default 5s)
        --port N               port of nfsd (default: 2049; v3: what rpcbind says)
        --mountport N          port of mountd; then rpcbind is not asked
        --uid N                user id to ask as (default: the backup's, or yours)
        --gid N                group id to ask as
        --write                also create, write, commit, read and remove a file
        --watch                go on with a NULL call an interval, a line each
        --count N              with --watch: end after N calls
        --interval D           with --watch: time between calls (default 1s)

  Usage: nfsafe init [OPTION]... NAME
  Mark the export as this host's destination NAME.

  Probes and mounts the destination, writes the marker that each run looks
  for, unmounts, makes the bare mountpoint safe, and remembers marker and file
  system.  An export with another host's marker is refused.  Can be repeated.

  Usage: nfsafe recover [OPTION]...
  Clear what an nfsafe that was killed has left behind.

  Waits for its keeper, ends what is left of its command, unmounts what it had
  mounted (by force if the server is dead), and puts it into the record; never
  touches another's mount.  Each run does this first.  Can be repeated; beside a
  living run there is nothing to do.

  Exit code: 0 nothing is left, 1 something is, 2 a mount of nfsafe's is.

  Usage: nfsafe release [OPTION]... NAME
  End the quarantine of destination NAME by hand.

  A server that died under a run gets no new one until it has been healthy for
  some time (quarantine_probes, quarantine_time); this ends it at once.  Nothing
  is probed or mounted, and it does not wait for a run.  Not to be in quarantine
  is fine.

  Usage: nfsafe drill [OPTION]...
  Play the incident in a private kernel, against plain soft and hard mounts.

  Boots Debian's user-mode-linux, a plain process, with three NFS servers in it,
  each mounted and written to: one under nfsafe, one by a script with -o soft,
  one with -o hard.  All three servers have the same fault.  Tells how long who
  was held.  Touches no mount, service or network of this host; needs no root.

  Exit code: 0 the promise was kept, 2 it was not, 69 something is not installed.

  Options:
        --fault FAULT          freeze (the default), stop, cut, loss
        --vers V               version of NFS: 3 (the default), 4.0, 4.1, 4.2
        --limit D              how long the scripts' victims are watched (default 45s)

  Usage: nfsafe status [OPTION]...
  Show what runs, what was, what is due, and each destination.

  Reads the lock and the record; asks no server, and waits for no run.
  For root, and for the group that may read state_dir.

  Usage: nfsafe incident [OPTION]... [RUN]
  Tell what happened in a run, and whether this host was blocked.

  RUN is its number; without it the last run that did not end well is meant, or
  the last one.  First one sentence, then the timeline: phases, answers of the
  server, states of the watch, who was blocked and when he was released, signals,
  the unmount.  Reads the record only, also while a run is under way.

  Exit code: 0, or 66 if there is no such run.

  Usage: nfsafe config [OPTION]... check|show|example|explain
  Check, show, explain the configuration.

  Commands:
    check                      Say everything that is wrong with the configuration
    show                       Show every value and where it comes from
    example                    Print a complete configuration with comments
    explain                    Explain a key, as max_stall or backup.user, or list all

  Usage: nfsafe version [OPTION]...
  Show the version.

Those of the commands below a command:

  $ for command in check show example explain; do
  >     nfsafe config "$command" --help | sed '/^Options of every command:/,$d'
  > done
  Usage: nfsafe config check [OPTION]...
  Say everything that is wrong with the configuration.

  Prints FILE:LINE: what is wrong, for all of it at once, and how max_stall is kept.
  Exits 0 if it is good (there may be warnings), 78 if it is not, 77 if a file may
  not be read or trusted.

  Usage: nfsafe config show [OPTION]...
  Show every value and where it comes from.

  Usage: nfsafe config example [OPTION]...
  Print a complete configuration with comments.

  Usage: nfsafe config explain [OPTION]... [KEY]
  Explain a key, as max_stall or backup.user, or list all.
