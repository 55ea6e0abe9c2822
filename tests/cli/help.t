The help of every command, as a person gets it.

  $ nfsafe --help | sed -n '/^Commands:/,/^$/p'
  Commands:
    config                     Check, show, explain the configuration
    probe                      Ask NFS servers whether they are fit for use, without a mount
    version                    Show the version

  $ for command in $(nfsafe --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
  >     nfsafe "$command" --help | sed '/^Options of every command:/,$d'
  > done
  Usage: nfsafe config [OPTION]... check|show|example|explain
  Check, show, explain the configuration.

  Commands:
    check                      Say everything that is wrong with the configuration
    show                       Show every value and where it comes from
    example                    Print a complete configuration with comments
    explain                    Explain a key, as max_stall or backup.user, or list all

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
