Needs root.  Quarantine: who is in it gets no run, in what words, and how it ends.  (That a
server that died gets into it, and out of it by healthy probes, is shown in tests/lab.)

  $ cat >good.conf <<END
  > [nfsafe]
  > state_dir = $PWD/state
  > run_dir = $PWD/run
  > [destination nas1]
  > source = 127.0.0.1:/x
  > port = 1
  > mountport = 1
  > mountpoint = $PWD/mnt
  > [destination nas2]
  > source = 127.0.0.1:/y
  > port = 1
  > mountport = 1
  > mountpoint = $PWD/mnt2
  > [backup]
  > destinations = nas1 nas2
  > full = /bin/true
  > END
  $ cat >quarantine <<'END'
  > sqlite3 state/record.db "INSERT INTO quarantine (destination, since_ms, reason, healthy,
  >     first_healthy_ms) VALUES ('$1', 1795903200000, 'its server died', 2, 1795903200000)"
  > END

The command line:

  $ nfsafe -c good.conf release
  2> nfsafe: release needs one destination
  [64]
  $ nfsafe -c good.conf release nas1 nas2
  2> nfsafe: release needs one destination
  [64]
  $ nfsafe -c good.conf release nas7
  2> nfsafe: there is no [destination nas7] (did you mean 'nas1'?)
  [78]
  $ as_user nfsafe -c good.conf release nas1
  2> nfsafe: nfsafe release changes the record: run it as root
  [77]

Not to be in quarantine is fine:

  $ nfsafe -c good.conf release nas1
  nas1 is not in quarantine
  $ nfsafe -c good.conf release nas1 --json
  {"destination":"nas1","released":false,"since":null,"reason":null}

All in quarantine: skipped, which is no verdict on the servers; --force does not help.  A
probe that is not passed begins the count anew:

  $ sh quarantine nas1; sh quarantine nas2
  $ nfsafe -c good.conf run
  2> nfsafe: warning: nas1 (127.0.0.1:/x) is in quarantine since 2026-11-28 22:00:00 +0000: its server died; 0 of 3 healthy probes over 15m so far, now the verdict is refused; nfsafe release nas1 ends it
  2> nfsafe: none of 2 destinations can be used; the last one: nas2 (127.0.0.1:/y) is in quarantine since 2026-11-28 22:00:00 +0000: its server died; 0 of 3 healthy probes over 15m so far, now the verdict is refused; nfsafe release nas2 ends it
  [75]
  $ nfsafe -c good.conf run --force --to nas1 --json 2>/dev/null | cut -d, -f2,3
  "outcome":"skipped","exit_code":75
  $ nfsafe -c good.conf exec nas2 -- touch started; echo "exit $?"; ls started
  exit 75
  2> nfsafe: nas2 (127.0.0.1:/y) is in quarantine since 2026-11-28 22:00:00 +0000: its server died; 0 of 3 healthy probes over 15m so far, now the verdict is refused; nfsafe release nas2 ends it
  2> ls: cannot access 'started': No such file or directory
  [2]
  $ nfsafe -c good.conf status | sed -n '/^nas1/,$p' | sed -E 's/[0-9]+s ago/... ago/'
  nas1              127.0.0.1:/x
                    refused ... ago (connect: port 1: Connection refused), not initialised: nfsafe init nas1
                    is in quarantine since 2026-11-28 22:00:00 +0000: its server died; 0 of 3 healthy probes over 15m so far; nfsafe release nas1 ends it
  nas2              127.0.0.1:/y
                    refused ... ago (connect: port 1: Connection refused), not initialised: nfsafe init nas2
                    is in quarantine since 2026-11-28 22:00:00 +0000: its server died; 0 of 3 healthy probes over 15m so far; nfsafe release nas2 ends it
  $ nfsafe -c good.conf status --json | jq -c .destinations[0].quarantine
  {"since":"2026-11-28T22:00:00Z","run":null,"reason":"its server died","healthy_probes":0,"wanted_probes":3,"healthy_since":null,"wanted_time_ms":900000}

One of them released: it is the servers again.

  $ nfsafe -c good.conf release nas1
  nas1 is released: it was in quarantine since 2026-11-28 22:00:00 +0000: its server died
  $ nfsafe -c good.conf run 2>&1 | sed 's/none of .*the last one/.../'
  nfsafe: warning: nas1 (127.0.0.1:/x) is refused: the host is up, but nothing listens for NFS (connect: port 1: Connection refused)
  nfsafe: ...: nas2 (127.0.0.1:/y) is in quarantine since 2026-11-28 22:00:00 +0000: its server died; 0 of 3 healthy probes over 15m so far, now the verdict is refused; nfsafe release nas2 ends it
  $ nfsafe -c good.conf run >/dev/null 2>&1
  [69]
  $ nfsafe -c good.conf release nas2 --json
  {"destination":"nas2","released":true,"since":"2026-11-28T22:00:00Z","reason":"its server died"}
  $ nfsafe -c good.conf release nas2 -q
  $ sqlite3 state/record.db 'SELECT destination, ended_by FROM quarantine'
  nas1|root without a terminal
  nas2|root without a terminal
