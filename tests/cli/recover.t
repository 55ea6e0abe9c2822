Needs root.  recover, where nothing is mounted: a run that was killed, notes of keepers,
beside a living run.  (Mounts, processes and keepers: tests/lab/50-recover.sh.)

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
  > END
  $ nfsafe -c good.conf recover now
  2> nfsafe: recover takes no operand: 'now'
  [64]
  $ nfsafe -c none.conf recover
  2> nfsafe: none.conf: no such file; nfsafe config example prints one
  [78]
  $ as_user nfsafe -c good.conf recover
  2> nfsafe: nfsafe recover unmounts what was left behind: run it as root
  [77]

Nothing to clear, on a host where nothing was ever run, too:

  $ nfsafe -c good.conf recover
  nothing was left behind
  $ nfsafe -c good.conf recover -q
  $ nfsafe -c good.conf recover --json
  {"running":null,"found":[],"left":0,"still_mounted":false,"exit_code":0}

A run lives, then it is killed:

  $ cat >frozen <<'END'
  > use IO::Socket::INET;
  > my $s = IO::Socket::INET->new(Listen => 50, LocalAddr => "127.0.0.1", LocalPort => 0);
  > print $s->sockport, "\n"; close STDOUT; sleep 15;
  > END
  $ perl frozen >port & server=$!; sleep 0.5
  > sed "s/port = 1$/port = $(cat port)/; /^mountport/a probe_timeout = 9s" good.conf >frozen.conf
  > nfsafe -c frozen.conf run & first=$!; sleep 1
  > nfsafe -c frozen.conf recover | sed -E 's/pid [0-9]+, since .*\)/pid N, since ...)/'
  > nfsafe -c frozen.conf recover --json | sed -E 's/"pid":[0-9]+/"pid":N/'
  > kill -KILL $first; wait $first 2>/dev/null; echo "exit $?"
  > nfsafe -c frozen.conf recover | sed -E 's/process [0-9]+ was gone at .*/process N was gone .../'
  > nfsafe -c frozen.conf recover
  > sqlite3 state/record.db 'SELECT id, outcome FROM run'
  > kill $server
  nothing to do: nfsafe run (pid N, since ...) lives
  {"running":{"command":"run","pid":N,"run":1},"found":[],"left":0,"still_mounted":false,"exit_code":0}
  exit 137
  run 1 (nfsafe run on nas1) is recorded as aborted: nfsafe died in phase probe: process N was gone ...
  nothing was left behind
  1|aborted

What a keeper has left in writing goes into the record, once; with it the run ends, and the
destination is in quarantine.  What cannot be read goes there as it is:

  $ cat >note <<'END'
  > run=2
  > destination=nas1
  > at_ms=1795903200000
  > tripped=1
  > stall_ms=8123
  > detached=1
  > drained=1
  > released=1
  > ended=1
  > forces=9
  > text=the server died, and then nfsafe did
  > END
  $ perl frozen >port & server=$!; sleep 0.5
  > sed "s/port = 1$/port = $(cat port)/; /^mountport/a probe_timeout = 9s" good.conf >frozen.conf
  > nfsafe -c frozen.conf run & first=$!; sleep 1
  > kill -KILL $first; wait $first 2>/dev/null; cp note state/keeper.note
  > nfsafe -c frozen.conf recover
  > sqlite3 state/record.db 'SELECT id, outcome, exit_code, worst_stall_ms FROM run'
  > kill $server
  run 2 on nas1: the server died, and then nfsafe did; its mount was detached, forced 9 times, and is gone; the command has ended
  run 2 (nfsafe run on nas1) is recorded as aborted: the server died, and then nfsafe did
  1|aborted||
  2|aborted|124|8123
  $ nfsafe -c good.conf status | sed -n '/quarantine/p'
                    is in quarantine since 2026-11-28 22:00:00 +0000 (run 2): the server died, and then nfsafe did; 0 of 3 healthy probes over 15m so far; nfsafe release nas1 ends it
  $ cp note state/keeper.note; nfsafe -c good.conf recover
  nothing was left behind
  $ echo 'run=1' >state/keeper.note; nfsafe -c good.conf recover --json
  {"running":null,"found":[{"what":"note","cleared":true,"text":"a note of a keeper that cannot be read: 'run=1 '"}],"left":0,"still_mounted":false,"exit_code":0}
  $ ls state
  record.db
  record.db-shm
  record.db-wal
  $ sqlite3 state/record.db 'SELECT run, kind, text FROM event'
  2|keeper|run 2 on nas1: the server died, and then nfsafe did; its mount was detached, forced 9 times, and is gone; the command has ended
  2|keeper|a note of a keeper that cannot be read: 'run=1 '
