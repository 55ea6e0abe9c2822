Needs root.  status: reads the lock and the record, asks no server.  (What it prints of
each state: tests/unit/cmd/status_print.c.)

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

Before the first run there is no record, which is no error:

  $ nfsafe -c good.conf status
  running           nothing
  record            none yet in /T/state: nothing was ever run
  next              due now, full: there is no good full yet
  nas1              127.0.0.1:/x
                    not probed by a run yet, not initialised: nfsafe init nas1
  $ as_user nfsafe -c good.conf status --json | sed 's/"[^"]*T[0-9:]*Z"/"TIME"/g'
  {"now":"TIME","record":false,"running":null,"left_behind":null,"hold":null,"last":null,"last_full":null,"last_good_full":null,"last_incremental":null,"last_good_incremental":null,"next":{"due":"now","level":"full","at":"TIME","reason":"full: there is no good full yet"},"destinations":[{"name":"nas1","source":"127.0.0.1:/x","mountpoint":"/T/mnt","initialised":null,"last_verdict":null,"quarantine":null}]}
  $ nfsafe -c good.conf status -q
  $ ls
  good.conf
  $ nfsafe -c good.conf status now
  2> nfsafe: status takes no operand: 'now'
  [64]
  $ nfsafe -c none.conf status
  2> nfsafe: none.conf: no such file; nfsafe config example prints one
  [78]

A destination alone has no schedule:

  $ printf '[nfsafe]\nstate_dir=/T/none\n[destination nas1]\nsource = nas1:/x\n' >bare.conf
  $ nfsafe -c bare.conf status
  running           nothing
  record            none yet in /T/none: nothing was ever run
  next              nothing: the configuration has no [backup]
  nas1              nas1:/x
                    not probed by a run yet, not initialised: nfsafe init nas1

After one that found its server dead:

  $ nfsafe -c good.conf run
  2> nfsafe: nas1 (127.0.0.1:/x) is refused: the host is up, but nothing listens for NFS (connect: port 1: Connection refused)
  [69]
  $ nfsafe -c good.conf status | sed -E 's/begun [^,]*, [0-9]+s ago/begun .../; s/[0-9]+s ago/... ago/'
  running           nothing
  full              skipped, begun ..., on nas1
                    nas1 (127.0.0.1:/x) is refused: the host is up, but nothing listens for NFS (connect: port 1: Connection refused)
    the last good   never
  incremental       never
  next              due now, full: there is no good full yet
  nas1              127.0.0.1:/x
                    refused ... ago (connect: port 1: Connection refused), not initialised: nfsafe init nas1

While one runs, and after it was killed:

  $ cat >frozen <<'END'
  > use IO::Socket::INET;
  > my $s = IO::Socket::INET->new(Listen => 50, LocalAddr => "127.0.0.1", LocalPort => 0);
  > print $s->sockport, "\n"; close STDOUT; sleep 15;
  > END
  $ perl frozen >port & server=$!; sleep 0.5
  > sed "s/port = 1$/port = $(cat port)/; /^mountport/a probe_timeout = 9s" good.conf >frozen.conf
  > when() { sed -E 's/since [^,]*, [0-9]+s ago/since .../; s/pid [0-9]+/pid N/; s/begun [^,]*, [0-9]+s ago/begun .../; s/for [0-9]+s:/for ...:/'; }
  > nfsafe -c frozen.conf run & first=$!; sleep 1
  > nfsafe -c frozen.conf status | when | head -n 2
  > kill -KILL $first; wait $first 2>/dev/null; echo "exit $?"
  > nfsafe -c frozen.conf status | when | head -n 3
  > kill $server
  running           probe on nas1 for ...: nfsafe run, pid N, since ...
  full              skipped, begun ..., on nas1
  exit 137
  running           nothing
  left behind       died: nfsafe run, pid N, begun ...; nfsafe recover, or the next run, clears it
  full              skipped, begun ..., on nas1

Not for everybody:

  $ as_user nfsafe -c good.conf status
  2> nfsafe: /T/state: Permission denied: only root and its group may read the record, only root write it
  [77]
  $ chmod 755 state; as_user nfsafe -c good.conf status
  2> nfsafe: /T/state/record.db: Permission denied: only root and its group may read the record, only root write it
  [77]

One clear line for a record that cannot be read:

  $ cp -r state damaged; rm damaged/record.db-*; sed 's/state$/damaged/' good.conf >damaged.conf
  $ truncate -s 0 damaged/record.db; nfsafe -c damaged.conf status
  2> nfsafe: /T/damaged/record.db: the record is damaged, the file is empty: move record.db* away and run 'nfsafe init' for each destination; the next backup is a full one then
  [74]
  $ cp state/record.db damaged; truncate -s 20000 damaged/record.db; nfsafe -c damaged.conf status
  2> nfsafe: /T/damaged/record.db: the record is damaged, database disk image is malformed: move record.db* away and run 'nfsafe init' for each destination; the next backup is a full one then
  [74]
  $ head -c 8192 /dev/urandom >damaged/record.db; nfsafe -c damaged.conf status --json
  2> nfsafe: /T/damaged/record.db: the record is damaged, file is not a database: move record.db* away and run 'nfsafe init' for each destination; the next backup is a full one then
  [74]
  $ rm damaged/record.db; mkdir damaged/record.db; nfsafe -c damaged.conf status
  2> nfsafe: /T/damaged/record.db: the record is damaged, it is not a regular file: move record.db* away and run 'nfsafe init' for each destination; the next backup is a full one then
  [74]
  $ rm -r damaged; touch damaged; nfsafe -c damaged.conf status
  2> nfsafe: /T/damaged: Not a directory
  [74]
