Needs root.  incident: what happened in a run, out of a record that is made here.

  $ cat >good.conf <<END
  > [nfsafe]
  > state_dir = $PWD/state
  > run_dir = $PWD/run
  > [destination nas1]
  > source = 127.0.0.1:/x
  > port = 1
  > mountport = 1
  > mountpoint = $PWD/mnt
  > END
  $ nfsafe -c good.conf incident
  2> nfsafe: there is no record yet in /T/state: nothing was ever run
  [66]
  $ nfsafe -c good.conf recover -q; nfsafe -c good.conf incident
  2> nfsafe: there is no run yet in /T/state/record.db
  [66]
  $ nfsafe -c good.conf incident last
  2> nfsafe: 'last' is not the number of a run
  [64]
  $ nfsafe -c good.conf incident 0
  2> nfsafe: '0' is not the number of a run
  [64]
  $ nfsafe -c good.conf incident 1 2
  2> nfsafe: incident takes one run
  [64]

A run that could not even begin; the answer is no:

  $ nfsafe -c good.conf exec nas1 -- true
  2> nfsafe: nas1 (127.0.0.1:/x) is refused: the host is up, but nothing listens for NFS (connect: port 1: Connection refused)
  [69]
  $ nfsafe -c good.conf incident 2
  2> nfsafe: there is no run 2 in /T/state/record.db
  [66]
  $ nfsafe -c good.conf incident | sed -E 's/begun [^,]*,/begun ...,/; s/[0-9]+\.[0-9]{3}/N.NNN/g'
  No: nothing was mounted, so nothing could be blocked.

  run 1: nfsafe exec on nas1, begun ..., skipped (69): nas1 (127.0.0.1:/x) is refused: the host is up, but nothing listens for NFS (connect: port 1: Connection refused)

         N.NNN  phase       probe
         N.NNN  phase       probe: failed after N.NNN s: nas1 (127.0.0.1:/x) is refused: the host is up, but nothing listens for NFS (connect: port 1: Connection refused)

The incident, as a run writes it down:

  $ cat >incident.sql <<'END'
  > INSERT INTO phase SELECT 1, seq, name, outcome, started_ms + base, duration_ms, detail FROM
  >     (SELECT started_ms AS base FROM run WHERE id = 1),
  >     (SELECT 2 AS seq, 'mount' AS name, 'ok' AS outcome, 50 AS started_ms, 60 AS duration_ms, '' AS detail
  >      UNION ALL SELECT 3, 'backup', 'aborted', 110, 9900, 'nas1 died'
  >      UNION ALL SELECT 4, 'breaker', 'ok', 10010, 400, '');
  > INSERT INTO event (run, seq, kind, at_ms, t_ms, value, subject, text) VALUES
  >     (1, 1, 'beat', 0, 1900, 6000, NULL, 'NULL answered 2 times: 0.1 to 6.0 ms, median 0.3 ms'),
  >     (1, 2, 'state', 0, 5000, 3000, NULL, 'late: NULL was not answered for 3000 ms'),
  >     (1, 3, 'blocked', 0, 5100, 2100, '812 java', 'D in rpc_wait_bit_killable'),
  >     (1, 4, 'mountstats', 0, 6000, NULL, NULL, '3 calls, 1 sent again'),
  >     (1, 5, 'state', 0, 10000, 8000, NULL, 'tripped: NULL was not answered for 8000 ms'),
  >     (1, 6, 'signal', 0, 10020, 15, '812 command', 'SIGTERM to its group'),
  >     (1, 7, 'detach', 0, 10020, 4, '/srv/nfsafe/nas1', 'left its place 4 ms after the trip'),
  >     (1, 8, 'force', 0, 10200, 9, NULL, 'calls under way aborted 9 times'),
  >     (1, 9, 'released', 0, 10210, NULL, '812 java', 'was in rpc_wait_bit_killable'),
  >     (1, 1000000000, 'dropped', 0, 10210, 5, NULL, '');
  > DELETE FROM phase WHERE seq = 1;
  > END
  $ sqlite3 state/record.db <incident.sql
  $ nfsafe -c good.conf incident 1 | sed -E '3s/.*/.../'
  Yes: 1 task of this host was blocked on nas1, 812 java for 7.2 s (D in rpc_wait_bit_killable), because: tripped: NULL was not answered for 8000 ms; it was released.

  ...
    blocked  812 java, from 3.000 s on, for 7.210 s: D in rpc_wait_bit_killable

         0.050  phase       mount
         0.110  phase       mount: ok after 0.060 s
         0.110  phase       backup
         1.900  beat        NULL answered 2 times: 0.1 to 6.0 ms, median 0.3 ms
         5.000  state       late: NULL was not answered for 3000 ms
         5.100  blocked     812 java: D in rpc_wait_bit_killable
         6.000  mountstats  3 calls, 1 sent again
        10.000  state       tripped: NULL was not answered for 8000 ms
        10.010  phase       backup: aborted after 9.900 s: nas1 died
        10.010  phase       breaker
        10.020  signal      812 command: SIGTERM to its group
        10.020  detach      /srv/nfsafe/nas1: left its place 4 ms after the trip
        10.200  force       calls under way aborted 9 times
        10.210  released    812 java: was in rpc_wait_bit_killable
        10.410  phase       breaker: ok after 0.400 s
  5 more events were not kept
  $ nfsafe -c good.conf incident --json | jq -c '.summary, .blocked, .tripped, .dropped, (.timeline | length), .timeline[0], .timeline[1], .timeline[5]'
  "Yes: 1 task of this host was blocked on nas1, 812 java for 7.2 s (D in rpc_wait_bit_killable), because: tripped: NULL was not answered for 8000 ms; it was released."
  [{"task":"812 java","from_ms":3000,"ms":7210,"released":true,"text":"D in rpc_wait_bit_killable"}]
  true
  5
  15
  {"t_ms":50,"kind":"phase","subject":"mount"}
  {"t_ms":110,"kind":"phase","subject":"mount","outcome":"ok","value":60,"text":null}
  {"t_ms":5100,"kind":"blocked","subject":"812 java","value":2100,"text":"D in rpc_wait_bit_killable"}

While a run is under way; and not for everybody:

  $ cat >frozen <<'END'
  > use IO::Socket::INET;
  > my $s = IO::Socket::INET->new(Listen => 50, LocalAddr => "127.0.0.1", LocalPort => 0);
  > print $s->sockport, "\n"; close STDOUT; sleep 15;
  > END
  $ perl frozen >port & server=$!; sleep 0.5
  > sed "s/port = 1$/port = $(cat port)/; /^mountport/a probe_timeout = 9s" good.conf >frozen.conf
  > nfsafe -c frozen.conf exec nas1 -- true & first=$!; sleep 1
  > nfsafe -c frozen.conf incident 2 | sed -E 's/begun [^,]*,/begun ...,/; s/[0-9]+\.[0-9]{3}/N.NNN/g'
  > kill -KILL $first; kill $server; wait $first 2>/dev/null
  > nfsafe -c frozen.conf recover -q
  > nfsafe -c frozen.conf incident | sed -n 3p | sed -E 's/begun [^,]*,/begun ...,/; s/process .*/process N .../'
  So far nothing was mounted, so nothing could be blocked.

  run 2: nfsafe exec on nas1, begun ..., is running

         N.NNN  phase       probe
  run 2: nfsafe exec on nas1, begun ..., aborted: nfsafe died in phase probe: process N ...
  $ as_user nfsafe -c good.conf incident
  2> nfsafe: /T/state: Permission denied: only root and its group may read the record, only root write it
  [77]
