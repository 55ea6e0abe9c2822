Needs root.  init, as far as it comes without a server that serves.

  $ cat >a.conf <<END
  > [nfsafe]
  > state_dir = $PWD/state
  > run_dir = $PWD/run
  > [destination nas1]
  > source = 127.0.0.1:/x
  > port = 1
  > mountport = 1
  > mountpoint = $PWD/mnt
  > END

  $ nfsafe -c a.conf init
  2> nfsafe: init needs one destination
  [64]
  $ nfsafe -c a.conf init nas1 nas2
  2> nfsafe: init needs one destination
  [64]
  $ nfsafe -c a.conf init nas2
  2> nfsafe: there is no [destination nas2] (did you mean 'nas1'?)
  [78]
  $ nfsafe -c none.conf init nas1
  2> nfsafe: none.conf: no such file; nfsafe config example prints one
  [78]
  $ as_user nfsafe -c a.conf init nas1
  2> nfsafe: nfsafe init mounts a file system: run it as root
  [77]
  $ ls mnt
  2> ls: cannot access 'mnt': No such file or directory
  [2]

The mountpoint is made, and made safe, also when the server is not there yet:

  $ nfsafe -c a.conf init nas1
  2> nfsafe: nas1 (127.0.0.1:/x) is refused: the host is up, but nothing listens for NFS (connect: port 1: Connection refused)
  [69]
  $ stat -c '%U %a %F' mnt; chattr -i mnt 2>/dev/null
  root 555 directory
  $ nfsafe -c a.conf init nas1 --json | sed 's/\(immutable":\)[a-z]*/\1.../'
  {"destination":"nas1","source":"127.0.0.1:/x","exit_code":69,"reason":"nas1 (127.0.0.1:/x) is refused: the host is up, but nothing listens for NFS (connect: port 1: Connection refused)","marker_uuid":null,"fsid":null,"marker_was_there":false,"mountpoint_immutable":...}
  2> nfsafe: nas1 (127.0.0.1:/x) is refused: the host is up, but nothing listens for NFS (connect: port 1: Connection refused)
  $ chattr -i mnt 2>/dev/null; ls -A mnt

One that is not empty, or a link, is left alone:

  $ chmod 755 mnt; touch mnt/backup
  $ nfsafe -c a.conf init nas1
  2> nfsafe: /T/mnt: there is something in it (backup): look at it, move it away
  [69]
  $ rm -r mnt; mkdir elsewhere; ln -s elsewhere mnt
  $ nfsafe -c a.conf init nas1
  2> nfsafe: /T/mnt: there is a symbolic link in it: write the real path
  [69]
  $ rm mnt; ls
  a.conf
  elsewhere
  run
  state
