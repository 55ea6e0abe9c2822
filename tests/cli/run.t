Needs root.  run and exec, as far as they come without a server that serves: what a run
needs, what it says when nothing can be started, who comes second.  (That they work is
shown in tests/lab.)

  $ cat >good.conf <<END
  > [nfsafe]
  > state_dir = $PWD/state
  > run_dir = $PWD/run
  > [destination nas1]
  > source = 127.0.0.1:/x
  > port = 1
  > mountport = 1
  > mountpoint = $PWD/mnt
  > [backup]
  > destinations = nas1
  > full = /bin/true
  > incremental = /bin/true
  > END
  $ printf '[destination nas1]\nsource = 127.0.0.1:/x\n' >bare.conf

The command line:

  $ nfsafe -c good.conf run now
  2> nfsafe: run takes no operand: 'now'
  [64]
  $ nfsafe -c good.conf run --level daily
  2> nfsafe: --level: 'daily' is not auto, full or incremental
  [64]
  $ nfsafe -c good.conf run --at '2026-11-28 22:00'
  2> nfsafe: --at goes with --explain or --dry-run only
  [64]
  $ nfsafe -c good.conf run --dry-run --at tomorrow
  2> nfsafe: --at: 'tomorrow' is not a time like '2026-11-28 22:00'
  [64]
  $ nfsafe -c good.conf run --to
  2> nfsafe: --to needs a value: NAME
  2> nfsafe: see: nfsafe run --help
  [64]
  $ nfsafe -c good.conf exec
  2> nfsafe: exec needs a destination and a command: nfsafe exec NAME -- COMMAND [ARGUMENT]...
  [64]
  $ nfsafe -c good.conf exec nas1
  2> nfsafe: exec needs a destination and a command: nfsafe exec NAME -- COMMAND [ARGUMENT]...
  [64]
  $ nfsafe -c good.conf exec nas1 --
  2> nfsafe: exec needs a destination and a command: nfsafe exec NAME -- COMMAND [ARGUMENT]...
  [64]
  $ nfsafe -c good.conf exec nas1 -- ''
  2> nfsafe: exec: the command is empty
  [64]

The configuration:

  $ nfsafe -c none.conf run
  2> nfsafe: none.conf: no such file; nfsafe config example prints one
  [78]
  $ nfsafe -c bare.conf run
  2> nfsafe: there is no [backup]: it has to say destinations and full, see nfsafe.conf(5)
  [78]
  $ nfsafe -c good.conf run --to nas7 --dry-run
  2> nfsafe: there is no [destination nas7] (did you mean 'nas1'?)
  [78]
  $ nfsafe -c good.conf exec nas7 -- true
  2> nfsafe: there is no [destination nas7] (did you mean 'nas1'?)
  [78]
  $ sed 's/^port.*/max_stall = 10s/' good.conf >short.conf
  $ nfsafe -c short.conf run
  2> nfsafe: short.conf:4: mount_timeout: max_stall of 10s cannot be kept: mount 19s (15s mount_timeout + 4s to kill it and tidy up) (and 1 more: see nfsafe config check)
  [78]
  $ nfsafe -c short.conf exec nas1 -- true
  2> nfsafe: short.conf:4: mount_timeout: max_stall of 10s cannot be kept: mount 19s (15s mount_timeout + 4s to kill it and tidy up) (and 1 more: see nfsafe config check)
  [78]
  $ chmod 666 short.conf; nfsafe -c short.conf run
  2> nfsafe: short.conf: others may write to it (mode 0666); do: chmod go-w
  [77]

Only root mounts; everybody may ask what would be:

  $ as_user nfsafe -c good.conf run
  2> nfsafe: nfsafe run mounts a file system: run it as root
  [77]
  $ as_user nfsafe -c good.conf exec nas1 -- true
  2> nfsafe: nfsafe exec mounts a file system: run it as root
  [77]
  $ as_user nfsafe -c good.conf run --dry-run
  nas1: would make full: there is no good full yet

What would be, and why:

  $ nfsafe -c good.conf run --dry-run --level incremental --json --at '2026-11-28 22:00'
  [{"destination":"nas1","due":"now","level":"full","overridden":true,"next":"2026-11-28T22:00:00Z","reason":"full: an incremental was asked for, but there is no good full on nas1 to build on"}]
  $ nfsafe -c good.conf run --explain --at '2026-11-28 22:00'
  nas1:
  now                       Sat 2026-11-28 22:00 UTC
  last good full            none
  last good session         none
  on nas1:
    last good full          none
    last good session       none
  full                      every 7d, due at once
  incremental               every 1d, due at once
  window                    none: at any time
  decision                  start, full: there is no good full yet
  $ sed '$a [schedule]\nwindow = 22:00-06:00\nfull_on = Sun' good.conf >window.conf
  $ nfsafe -c window.conf run --dry-run --at '2026-11-28 12:00'
  nas1: would make nothing: full: there is no good full yet; it waits for the window, 22:00 to 06:00, that begins Sat 2026-11-28 22:00 UTC
  $ nfsafe -c window.conf run --dry-run --at '2026-11-28 12:00' --force
  nas1: would make full: forced, and forced outside of the window, 22:00 to 06:00
  $ nfsafe -c window.conf run --dry-run --at '2026-11-28 22:00'
  nas1: would make full: there is no good full yet
  $ nfsafe -c window.conf run --explain --at '2026-11-28T12:00Z'
  nas1:
  now                       Sat 2026-11-28 12:00 UTC
  last good full            none
  last good session         none
  on nas1:
    last good full          none
    last good session       none
  full                      every 7d on Sun, due at once
  incremental               every 1d, due at once
  window                    22:00 to 06:00, opens Sat 2026-11-28 22:00 UTC until Sun 2026-11-29 06:00 UTC
  decision                  wait, full: there is no good full yet; it waits for the window, 22:00 to 06:00, that begins Sat 2026-11-28 22:00 UTC

No destination passes the probe, so nothing is started:

  $ nfsafe -c good.conf run
  2> nfsafe: nas1 (127.0.0.1:/x) is refused: the host is up, but nothing listens for NFS (connect: port 1: Connection refused)
  [69]
  $ nfsafe -c good.conf run --json
  {"run":2,"outcome":"skipped","exit_code":69,"level":null,"destination":null,"label":null,"reason":"nas1 (127.0.0.1:/x) is refused: the host is up, but nothing listens for NFS (connect: port 1: Connection refused)","bytes_written":null,"worst_stall_ms":0}
  2> nfsafe: nas1 (127.0.0.1:/x) is refused: the host is up, but nothing listens for NFS (connect: port 1: Connection refused)
  [69]
  $ nfsafe -c good.conf exec nas1 -- touch started
  2> nfsafe: nas1 (127.0.0.1:/x) is refused: the host is up, but nothing listens for NFS (connect: port 1: Connection refused)
  [69]
  $ as_user nfsafe -c good.conf run --dry-run
  2> nfsafe: /T/state: Permission denied: only root and its group may read the record, only root write it
  [77]
  $ ls mnt started
  2> ls: cannot access 'mnt': No such file or directory
  2> ls: cannot access 'started': No such file or directory
  [2]

Outside of the window nothing starts, if not by force:

  $ hours() { date -d "$1 hours" +%H:%M; }
  > sed "/^window/s/=.*/= $(hours +2)-$(hours +3)/" window.conf >closed.conf
  $ nfsafe -c closed.conf run 2>&1 | sed 's/that begins .*/that begins .../; s/..:.. to ..:../WINDOW/'
  nfsafe: skipped: full: there is no good full yet; it waits for the window, WINDOW, that begins ...
  $ nfsafe -c closed.conf run >/dev/null 2>&1
  [75]
  $ nfsafe -c closed.conf run --force
  2> nfsafe: nas1 (127.0.0.1:/x) is refused: the host is up, but nothing listens for NFS (connect: port 1: Connection refused)
  [69]

A server that accepts connections and answers nothing is frozen; while the run waits
for it, a second one is told who runs; a signal ends it in order:

  $ cat >frozen <<'END'
  > use IO::Socket::INET;
  > my $s = IO::Socket::INET->new(Listen => 50, LocalAddr => "127.0.0.1", LocalPort => 0);
  > print $s->sockport, "\n"; close STDOUT; sleep 15;
  > END
  $ perl frozen >port & server=$!; sleep 0.5
  > sed "s/port = 1$/port = $(cat port)/; /^mountport/a probe_timeout = 2s" good.conf >frozen.conf
  > nfsafe -c frozen.conf run; echo "exit $?"
  > sed -i 's/^probe_timeout.*/probe_timeout = 9s/' frozen.conf
  > nfsafe -c frozen.conf run & first=$!; sleep 0.5
  > nfsafe -c frozen.conf exec nas1 -- true 2>&1 |
  >     sed -E 's/pid [0-9]+/pid N/; s/since [-0-9: +]+/since TIME/g'
  > nfsafe -c frozen.conf run >/dev/null 2>&1; echo "exit $?"
  > kill -TERM $first; wait $first; echo "exit $?"
  > kill $server
  exit 69
  nfsafe: another nfsafe run holds the lock: pid N since TIME, in phase probe on nas1 since TIME
  exit 75
  exit 143
  2> nfsafe: nas1 (127.0.0.1:/x) is frozen: the server accepts connections but serves no call: whoever touches a mount of it hangs (NULL: no answer within 2s)
  2> nfsafe: a signal came (Terminated)

A record that cannot be made, or is damaged, is no ground to run on:

  $ sed 's/state$/none\/state/' good.conf >none.conf; nfsafe -c none.conf run
  2> nfsafe: /T/none/state: No such file or directory
  [73]
  $ sed 's/state$/damaged/' good.conf >damaged.conf; mkdir damaged
  $ head -c 8192 /dev/urandom >damaged/record.db; nfsafe -c damaged.conf run
  2> nfsafe: /T/damaged/record.db: the record is damaged, file is not a database: move record.db* away and run 'nfsafe init' for each destination; the next backup is a full one then
  [74]

The operating system refuses something: no descriptor is left for the prober (how many
come before it depends on the build).

  $ for n in 9 10 11 12 13 14 15 16; do (ulimit -n $n; nfsafe -c good.conf exec nas1 -- true) 2>/dev/null; [ $? = 71 ] && exit 71; done
  [71]
