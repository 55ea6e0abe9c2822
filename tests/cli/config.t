The configuration: check, show, example, explain.

Without a file there is nothing to check, but there are defaults to show:

  $ nfsafe -c /T/none.conf config check
  /T/none.conf: no such file; nfsafe config example prints one
  [78]
  $ nfsafe -c /T/none.conf config show
  2> nfsafe: /T/none.conf: no such file; nfsafe config example prints one
  [78]

A destination and its source are a whole configuration:

  $ printf '[destination nas1]\nsource = nas1.example.net:/export/myhost\n' >a.conf
  $ nfsafe -c a.conf config check
  nas1: max_stall 1m holds: mount 19s (15s mount_timeout + 4s to kill it and tidy up), backup 1m (58s without an answer + 2s to end it and unmount), unmount 35s (30s umount_timeout + 5s to force it); the mount itself gives up after 3m
  a.conf: good
  $ nfsafe -c a.conf config check -q
  $ nfsafe -c a.conf config check --json
  {"good":true,"problems":[],"destinations":[{"name":"nas1","max_stall_ms":60000,"soft_timeout_ms":180000,"steps":[{"step":"mount","ms":19000},{"step":"backup","ms":60000},{"step":"unmount","ms":35000}]}]}
  $ nfsafe -c a.conf config show
  [nfsafe]
  state_dir           = /var/lib/nfsafe                ; default
  run_dir             = /run/nfsafe                    ; default

  [destination nas1]
  source              = nas1.example.net:/export/myhost ; a.conf:2
  mountpoint          = /srv/nfsafe/nas1               ; default
  vers                = 3                              ; default
  options             =                                ; default
  probe_timeout       = 5s                             ; default
  mount_timeout       = 15s                            ; default
  umount_timeout      = 30s                            ; default
  max_stall           = 1m                             ; default
  min_free            = 10%                            ; default
  quarantine_probes   = 3                              ; default
  quarantine_time     = 15m                            ; default
  port                = 0                              ; default
  mountport           = 0                              ; default

  [backup]
  driver              = command                        ; default
  destinations        =                                ; default
  user                = root                           ; default
  full                =                                ; default
  incremental         =                                ; default
  timeout_full        = 20h                            ; default
  timeout_incremental = 6h                             ; default

  [schedule]
  full_every          = 7d                             ; default
  full_on             =                                ; default
  incremental_every   = 1d                             ; default
  window              =                                ; default

All that is wrong is told at once, with its place and the nearest name:

  $ cat >b.conf <<'END'
  > max_stall = 60s
  > [destnation nas1]
  > [destination nas1]
  > soruce = nas1:/x
  > mountpoint = srv/nas1
  > options = bg,nolock
  > vers = 4
  > max_stall = 5s
  > timeout_full = 3h
  > [destination nas2]
  > source = nas2
  > mountpoint = /var/lib/nfsafe/nas2
  > probe_timeout = 10s
  > mount_timeout = 7s
  > umount_timeout = 6s
  > max_stall = 10s
  > max_stall = 11s
  > [backup]
  > driver = zimbra
  > destinations = nas1 nas3
  > user = nobody-of-that-name
  > full = rsync -a / $NFSAFE_MOUNTPOINT
  > incremental = /srv/nfsafe/nas1/bin/backup
  > [schedule]
  > full_on = Saturday
  > window = 22:00-22:00
  > this is no line
  > END
  $ nfsafe -c b.conf config check
  b.conf:1: 'max_stall' stands before the first [section]
  b.conf:2: unknown section [destnation] (did you mean 'destination'?)
  b.conf:3: [destination nas1] has no source
  b.conf:4: unknown key 'soruce' in [destination] (did you mean 'source'?)
  b.conf:5: mountpoint: 'srv/nas1' is not an absolute path
  b.conf:6: options: 'bg' is refused: nfsafe mounts once, within mount_timeout
  b.conf:7: vers: '4' is none of 3, 4.0, 4.1, 4.2
  b.conf:8: max_stall: 5s is less than 10s
  b.conf:9: unknown key 'timeout_full' in [destination] (it belongs into [backup])
  b.conf:11: source: 'nas2' is not a source like SERVER:/EXPORT
  b.conf:12: mountpoint: '/var/lib/nfsafe/nas2' lies in the state_dir '/var/lib/nfsafe'
  b.conf:13: probe_timeout: 10s is not less than max_stall, 10s
  b.conf:14: mount_timeout: max_stall of 10s cannot be kept: mount 11s (7s mount_timeout + 4s to kill it and tidy up)
  b.conf:15: umount_timeout: max_stall of 10s cannot be kept: unmount 11s (6s umount_timeout + 5s to force it)
  b.conf:17: 'max_stall' is there already, in line 16
  b.conf:19: driver: 'zimbra' comes in a later version; there is only command so far
  b.conf:20: destinations: there is no [destination nas3] (did you mean 'nas1'?)
  b.conf:21: user: there is no user 'nobody-of-that-name'
  b.conf:22: full: '$' would need a shell, and there is none: quote it to pass it on as it is, or put the line into a script
  b.conf:23: incremental: '/srv/nfsafe/nas1/bin/backup' lies below the mountpoint of destination nas1
  b.conf:23: incremental: /srv/nfsafe/nas1/bin/backup cannot be run: No such file or directory
  b.conf:25: full_on: 'Saturday' is none of Sun, Mon, Tue, Wed, Thu, Fri, Sat
  b.conf:26: window: '22:00-22:00' has no length: nothing could ever start
  b.conf:27: neither [section] nor key = value nor ; comment
  [backup] does not say full (which command)
  [78]
  $ nfsafe -c b.conf config check --json | head -c 400
  {"good":false,"problems":[{"severity":"error","file":"b.conf","line":1,"text":"'max_stall' stands before the first [section]"},{"severity":"error","file":"b.conf","line":2,"text":"unknown section [destnation] (did you mean 'destination'?)"},{"severity":"error","file":"b.conf","line":3,"text":"[destination nas1] has no source"},{"severity":"error","file":"b.conf","line":4,"text":"unknown key 'soruc
  $ nfsafe -c b.conf config show
  2> nfsafe: b.conf:1: 'max_stall' stands before the first [section] (and 19 more: see nfsafe config check)
  [78]

What this host has to say:

  $ printf '#!/bin/sh\n' >backup; chmod 775 backup
  $ cat >c.conf <<'END'
  > [nfsafe]
  > state_dir = /nosuch/nfsafe
  > [destination nas1]
  > source = nas1:/x
  > [backup]
  > destinations = nas1
  > full = /T/nosuch --full
  > END
  $ sed -i "s|/T/|$PWD/|" c.conf
  $ nfsafe -c c.conf config check
  c.conf:2: state_dir: /nosuch: No such file or directory
  c.conf:7: full: user root cannot run /T/nosuch: No such file or directory
  [78]
  $ sed -i "s|nosuch --full|backup|; /_dir/d" c.conf
  $ nfsafe -c c.conf config check
  c.conf:6: warning: full: others than root and user root can change /T/backup
  nas1: max_stall 1m holds: mount 19s (15s mount_timeout + 4s to kill it and tidy up), backup 1m (58s without an answer + 2s to end it and unmount), unmount 35s (30s umount_timeout + 5s to force it); the mount itself gives up after 3m
  c.conf: good
  $ sed -i "s|^full.*|full = /bin/true|" c.conf; nfsafe -c c.conf config check -q

A [backup] that says not enough:

  $ printf '[destination a]\nsource = a:/x\n[backup]\n' >d.conf
  $ nfsafe -c d.conf config check
  [backup] does not say destinations (where to) and full (which command)
  [78]
  $ printf '' >e.conf
  $ nfsafe -c e.conf config check
  there is no [destination NAME]: nothing to back up to
  [78]

Files beside it in conf.d override, in the order of their names:

  $ mkdir -m 755 conf.d
  $ printf '[destination nas1]\nvers = 4.1\nmax_stall = 20s\n' >conf.d/10.conf
  $ printf '[destination nas1]\nvers = 4.2\n' >conf.d/20.conf
  $ nfsafe -c a.conf config show | grep -E '^(source|vers|max_stall|port)'
  source              = nas1.example.net:/export/myhost ; a.conf:2
  vers                = 4.2                            ; conf.d/20.conf:2
  max_stall           = 20s                            ; conf.d/10.conf:3
  port                = 0                              ; default
  $ nfsafe -c a.conf config check
  a.conf:1: umount_timeout: max_stall of 20s cannot be kept: unmount 35s (30s umount_timeout + 5s to force it)
  [78]
  $ nfsafe -c a.conf config show --json | tr '{' '\n' | grep -E '"(vers|port|max_stall)"'
  "section":"destination","name":"nas1","key":"vers","value":"4.2","file":"conf.d/20.conf","line":2},
  "section":"destination","name":"nas1","key":"max_stall","value":"20s","file":"conf.d/10.conf","line":3},
  "section":"destination","name":"nas1","key":"port","value":"0","file":null,"line":null},

What others can write is not trusted, nor is a FIFO waited for:

  $ chmod 664 conf.d/10.conf; nfsafe -c a.conf config check
  conf.d/10.conf: its group may write to it (mode 0664); do: chmod go-w
  [77]
  $ nfsafe -c a.conf config show
  2> nfsafe: conf.d/10.conf: its group may write to it (mode 0664); do: chmod go-w
  [77]
  $ rm conf.d/10.conf; mkfifo conf.d/10.conf; nfsafe -c a.conf config check
  conf.d/10.conf: this is no file
  [78]
  $ rm conf.d/10.conf; chmod 777 conf.d; nfsafe -c a.conf config check
  conf.d: others may write to it (mode 0777); do: chmod go-w
  [77]
  $ rm -r conf.d; chmod 000 a.conf; as_user nfsafe -c a.conf config check
  a.conf: Permission denied
  [77]

The example is a configuration; with a command that exists there is nothing wrong with it:

  $ nfsafe config example | grep -v '^;' | grep .
  [nfsafe]
  [destination nas1]
  source = nas1.example.net:/export/myhost
  [backup]
  destinations = nas1
  full = /usr/local/sbin/backup --full
  [schedule]
  $ nfsafe config example | sed 's|/usr/local/sbin/backup|/bin/true|' >f.conf
  $ nfsafe -c f.conf config check -q
  $ sed -i 's/^;\([a-z]\)/\1/; s/^user = .*/user = nobody/' f.conf
  $ nfsafe -c f.conf config check -q
  $ nfsafe -c f.conf config show | grep default
  [1]

Keys are explained:

  $ nfsafe config explain max_stall
  max_stall, in [destination NAME]: the longest that this host may wait for the server

    Counted from the last call that the server answered. 2 seconds before it is
    over the backup is ended and the mount is taken down. A slow server is not a
    dead one: every answer, however late, starts the count anew. A server is
    dead as well that answers but writes nothing any more, or that leaves a
    process of this host blocked without getting anything done on the mount.

    value    a duration from 10s to 1d
    default  60s
    example  max_stall = 60s
  $ nfsafe config explain destination.max_stall | cmp - <(nfsafe config explain max_stall)
  $ nfsafe config explain full --json
  {"section":"backup","key":"full","help":"command that makes a full backup","text":"An absolute path and its arguments, split into words as a shell would, with '...', \"...\" and \\ as quotes. There is no shell: what would need one, such as | > $ *, is refused unless quoted. A ';' after a space begins a comment even between quotes; write \\; for it.\n\nThe command finds NFSAFE_MOUNTPOINT, NFSAFE_LEVEL, NFSAFE_DESTINATION and NFSAFE_LABEL in an otherwise clean environment. It has to have finished writing when it ends; exit status 0 means that all went well.","value":"an absolute path and arguments","default":null,"required_by":"nfsafe run","example":"/usr/local/sbin/backup --full"}
  $ nfsafe config explain
  [nfsafe]
    state_dir            directory of the record of runs
    run_dir              directory of the lock and of the progress of a run

  [destination NAME]
    source               what is mounted, as SERVER:/EXPORT
    mountpoint           directory where it is mounted while a backup needs it
    vers                 version of NFS: 3, 4.0, 4.1 or 4.2
    options              further mount options, separated by commas
    probe_timeout        how long the server may take to pass the probe
    mount_timeout        how long mounting may take
    umount_timeout       how long unmounting may take
    max_stall            the longest that this host may wait for the server
    min_free             free space that a backup needs, as 10% or 50GiB
    quarantine_probes    healthy probes in a row that end a quarantine
    quarantine_time      how long a server has to be healthy to end a quarantine
    port                 TCP port of nfsd; 0: found out
    mountport            TCP port of mountd; 0: found out

  [backup]
    driver               how a backup is made: command
    destinations         names of destinations, the preferred one first
    user                 user that the command runs as
    full                 command that makes a full backup
    incremental          command that makes an incremental backup
    timeout_full         how long a full backup may take
    timeout_incremental  how long an incremental backup may take

  [schedule]
    full_every           how long after a good full the next one is due
    full_on              days that a due full waits for, as Sat or Sat Sun
    incremental_every    how long after a good session an incremental is due
    window               when a run may start, as 22:00-06:00
  $ nfsafe config explain max_stal
  2> nfsafe: there is no key 'max_stal' (did you mean 'max_stall'?)
  [64]
  $ nfsafe config explain backup.max_stall
  2> nfsafe: there is no key 'max_stall' in [backup] (it belongs into [destination NAME])
  [64]
  $ nfsafe config explain bakup.max_stall
  2> nfsafe: there is no key 'bakup.max_stall' (did you mean 'max_stall'?)
  [64]
  $ nfsafe config explain xyz
  2> nfsafe: there is no key 'xyz'
  [64]

What the command line may look like:

  $ nfsafe config
  2> nfsafe: config needs a command
  2> nfsafe: see: nfsafe config --help
  [64]
  $ nfsafe config chek
  2> nfsafe: config: unknown command 'chek'
  2> nfsafe: see: nfsafe config --help
  [64]
  $ nfsafe config check a.conf
  2> nfsafe: config check takes no operand: 'a.conf'
  [64]
  $ nfsafe config show x
  2> nfsafe: config show takes no operand: 'x'
  [64]
  $ nfsafe config example x
  2> nfsafe: config example takes no operand: 'x'
  [64]
  $ nfsafe config explain full incremental
  2> nfsafe: config explain takes one KEY
  [64]
  $ nfsafe config example >/dev/full
  2> nfsafe: standard output: No space left on device
  [74]
