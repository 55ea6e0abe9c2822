The help of every command, as a person gets it.

  $ nfsafe --help | sed -n '/^Commands:/,/^$/p'
  Commands:
    config                     Check, show, explain the configuration
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
