What every command shares.

The version, three ways:

  $ nfsafe version
  nfsafe 0.1.0
  $ nfsafe -V
  nfsafe 0.1.0
  $ nfsafe --version
  nfsafe 0.1.0
  $ nfsafe --json version
  {"version":"0.1.0"}
  $ nfsafe --json --version
  {"version":"0.1.0"}

The help names every option and every exit code (and every command: help.t):

  $ nfsafe --help | sed '/^Commands:/,/^$/d'
  Usage: nfsafe [OPTION]... COMMAND [ARGUMENT]...
  Back up onto an NFS share that may die, without hurting this host.

  Options of every command:
    -c, --config FILE          configuration (default /etc/nfsafe/nfsafe.conf)
    -q, --quiet                say nothing but errors
    -v, --verbose              say more; twice: say everything
        --json                 print JSON instead of text
    -h, --help                 show this help and exit
    -V, --version              show the version and exit

  Exit codes:
      0  good, or nothing was due
      1  usable, but partial or suspect; probe: slow, or little space
      2  tried and failed: nothing usable; probe: any other verdict
      3  probe only: could not ask
     64  the command line is wrong
     66  there is no such run in the record
     69  the destination did not pass; nothing was started
     70  no memory, or an error in nfsafe itself
     71  the operating system refused something
     73  something could not be created
     74  reading or writing failed
     75  skipped, try again later: another run, outside the window, hold, quarantine
     77  the caller may not do this
     78  the configuration is wrong
    124  stopped by a deadline, or because the server died
    126  exec only: the command cannot be executed
    127  exec only: there is no such command
    128  plus N: ended by signal N

  See nfsafe(8), nfsafe.conf(5), and nfsafe COMMAND --help.
  $ nfsafe -h | cmp - <(nfsafe --help)

Global options stand before the command or after it:

  $ nfsafe -q version
  nfsafe 0.1.0
  $ nfsafe version -v --quiet
  nfsafe 0.1.0
  $ nfsafe --config=x.conf -vv version -h | head -n 2
  Usage: nfsafe version [OPTION]...
  Show the version.

What is wrong with a command line is said on standard error, with the way to the help:

  $ nfsafe
  2> nfsafe: no command given; see: nfsafe --help
  [64]
  $ nfsafe nosuch
  2> nfsafe: unknown command 'nosuch'; see: nfsafe --help
  [64]
  $ nfsafe --nosuch version
  2> nfsafe: unknown option --nosuch
  [64]
  $ nfsafe -x version
  2> nfsafe: unknown option -x
  [64]
  $ nfsafe version --nosuch
  2> nfsafe: unknown option --nosuch
  2> nfsafe: see: nfsafe version --help
  [64]
  $ nfsafe version -x
  2> nfsafe: unknown option -x
  2> nfsafe: see: nfsafe version --help
  [64]
  $ nfsafe --config
  2> nfsafe: --config needs a value: FILE
  [64]
  $ nfsafe version --config
  2> nfsafe: --config needs a value: FILE
  2> nfsafe: see: nfsafe version --help
  [64]
  $ nfsafe version -c
  2> nfsafe: -c needs a value: FILE
  2> nfsafe: see: nfsafe version --help
  [64]
  $ nfsafe version --quiet=yes
  2> nfsafe: --quiet takes no value
  2> nfsafe: see: nfsafe version --help
  [64]
  $ nfsafe version --conf x
  2> nfsafe: unknown option --conf
  2> nfsafe: see: nfsafe version --help
  [64]
  $ nfsafe ''
  2> nfsafe: unknown command ''; see: nfsafe --help
  [64]

A message from the command line cannot write to the terminal, nor forge a second line:

  $ nfsafe $'no\nsuch\e[31m'
  2> nfsafe: unknown command 'no such [31m'; see: nfsafe --help
  [64]

Memory runs out, wherever that is.  (Not with a sanitizer, whose allocator ends the program
by itself.)

  $ printf '#%0999d\n' $(seq 200) >big.conf
  $ grep -q __asan_init "$(command -v nfsafe)" && echo nfsafe: out of memory && exit 70
  > for n in $(seq 200 50 2000); do (ulimit -d $n; exec nfsafe -c big.conf config check) >out 2>&1; [ $? = 70 ] && cat out && exit 70; done
  nfsafe: out of memory
  [70]

A result that could not be written is an error, not a success:

  $ nfsafe version >/dev/full
  2> nfsafe: standard output: No space left on device
  [74]
  $ nfsafe --help >/dev/full
  2> nfsafe: standard output: No space left on device
  [74]
  $ nfsafe version >&-
  2> nfsafe: standard output: Bad file descriptor
  [74]
