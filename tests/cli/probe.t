probe, as far as it comes without a server that serves.  (Against one that does, and
against its faults: tests/server, tests/lab.)

Root asks from ports below 1024; all the same works without:

  $ nfsafe probe --port 1 --mountport 1 127.0.0.1:/x | sed -E 's/[0-9.]+ ms/N ms/'
  127.0.0.1:/x: refused (connect) after N ms: connect: port 1: Connection refused
    the host is up, but nothing listens for NFS
    start the NFS service there; a firewall that rejects looks the same
    127.0.0.1 port 1, NFS 3
  $ as_user nfsafe probe --vers 4.1 --port 1 127.0.0.1:/x | sed -E 's/[0-9.]+ ms/N ms/'
  127.0.0.1:/x: refused (connect) after N ms: connect: port 1: Connection refused
    the host is up, but nothing listens for NFS
    start the NFS service there; a firewall that rejects looks the same
    127.0.0.1 port 1, NFS 4.1
  $ as_user nfsafe probe --vers 4.1 --port 1 127.0.0.1:/x >/dev/null
  [2]
  $ nfsafe probe --port 1 --mountport 1 127.0.0.1:/x --json |
  >     sed -E 's/"((elapsed_)?ms)":[0-9.]+/"\1":N/g'
  {"source":"127.0.0.1:/x","verdict":"refused","layer":"connect","detail":"connect: port 1: Connection refused","elapsed_ms":N,"layers":[{"layer":"resolve","result":"ok","ms":N},{"layer":"connect","result":"refused","ms":N},{"layer":"canary","result":"skipped","ms":null}],"server":{"address":"127.0.0.1","port":1,"vers":"3"},"space":{"total_bytes":null,"free_bytes":null,"free_files":null}}
  $ nfsafe probe -q --port 1 --mountport 1 127.0.0.1:/x >/dev/null
  [2]
  $ nfsafe probe --timeout 1s nosuch.invalid:/x | sed 's/ after .*/ after .../'
  nosuch.invalid:/x: unresolved (resolve) after ...
    the server's name has no address, or the name service does not answer
    try: getent ahosts SERVER; look at /etc/resolv.conf, /etc/hosts

Destinations of the configuration, by name, or all of them:

  $ cat >a.conf <<END
  > [destination nas1]
  > source = 127.0.0.1:/x
  > port = 1
  > mountport = 1
  > [destination nas2]
  > source = 127.0.0.1:/y
  > vers = 4.1
  > port = 1
  > END
  $ nfsafe -c a.conf probe nas2 | sed -E 's/[0-9.]+ ms/N ms/'
  nas2: refused (connect) after N ms: connect: port 1: Connection refused
    the host is up, but nothing listens for NFS
    start the NFS service there; a firewall that rejects looks the same
    127.0.0.1 port 1, NFS 4.1
  $ nfsafe -c a.conf probe | sed -E 's/[0-9.]+ ms/N ms/' | sort
    127.0.0.1 port 1, NFS 3
    127.0.0.1 port 1, NFS 4.1
    start the NFS service there; a firewall that rejects looks the same
    start the NFS service there; a firewall that rejects looks the same
    the host is up, but nothing listens for NFS
    the host is up, but nothing listens for NFS
  nas1: refused (connect) after N ms: connect: port 1: Connection refused
  nas2: refused (connect) after N ms: connect: port 1: Connection refused
  $ nfsafe -c a.conf probe nas3
  2> nfsafe: there is no [destination nas3] (did you mean 'nas1'?)
  [3]
  $ nfsafe -c none.conf probe nas1
  2> nfsafe: none.conf: no such file; nfsafe config example prints one
  [3]
  $ nfsafe -c none.conf probe
  2> nfsafe: none.conf: no such file; nfsafe config example prints one
  [3]
  $ printf '[destination nas1]\nsoruce = 127.0.0.1:/x\n' >b.conf
  $ nfsafe -c b.conf probe
  2> nfsafe: b.conf:1: [destination nas1] has no source (and 1 more: see nfsafe config check)
  [3]
  $ nfsafe -c b.conf probe --port 1 --mountport 1 127.0.0.1:/x >/dev/null
  [2]

A server that accepts connections and answers nothing:

  $ cat >frozen <<'END'
  > use IO::Socket::INET;
  > my $s = IO::Socket::INET->new(Listen => 50, LocalAddr => "127.0.0.1", LocalPort => 0);
  > print $s->sockport, "\n"; close STDOUT; sleep 15;
  > END
  $ perl frozen >port & server=$!; sleep 0.5
  > nfsafe probe --timeout 1s --port $(cat port) --mountport $(cat port) 127.0.0.1:/x |
  >     sed -E 's/[0-9.]+ ms/N ms/; s/port [0-9]+/port N/'
  > nfsafe probe --timeout 1s --vers 4.1 --port $(cat port) 127.0.0.1:/x |
  >     sed -E 's/[0-9.]+ ms/N ms/; s/port [0-9]+/port N/'
  > nfsafe probe --watch --count 2 --interval 200ms --timeout 300ms --port $(cat port) 127.0.0.1:/x
  > kill $server
  127.0.0.1:/x: frozen (nfsd) after N ms: NULL: no answer within 1s
    the server accepts connections but serves no call: whoever touches a mount of it hangs
    do not mount it; look at the server's console, disks and nfsd (ping and port checks show nothing)
    127.0.0.1 port N, NFS 3
  127.0.0.1:/x: frozen (nfsd) after N ms: NULL: no answer within 1s
    the server accepts connections but serves no call: whoever touches a mount of it hangs
    do not mount it; look at the server's console, disks and nfsd (ping and port checks show nothing)
    127.0.0.1 port N, NFS 4.1
  127.0.0.1:/x: seq 1: no answer (TCP is up: frozen?)
  127.0.0.1:/x: seq 2: no answer (TCP is up: frozen?)
  127.0.0.1:/x: 2 sent, 0 answered, 100% loss

What the command line may look like: 3, as there is no answer then:

  $ nfsafe probe --vers 2 127.0.0.1:/x
  2> nfsafe: --vers: '2' is no version of NFS: 3, 4.0, 4.1 or 4.2
  [3]
  $ nfsafe probe --timeout 5 127.0.0.1:/x
  2> nfsafe: --timeout: '5' is not a duration like 90s, 15m, 8d
  [3]
  $ nfsafe probe --timeout 0s 127.0.0.1:/x
  2> nfsafe: --timeout: from 10ms to 1h
  [3]
  $ nfsafe probe --port 70000 127.0.0.1:/x
  2> nfsafe: --port: 70000 is not between 1 and 65535
  [3]
  $ nfsafe probe --uid nobody 127.0.0.1:/x
  2> nfsafe: --uid: 'nobody' is not a number
  [3]
  $ nfsafe probe --nosuch 127.0.0.1:/x
  2> nfsafe: unknown option --nosuch
  2> nfsafe: see: nfsafe probe --help
  [3]
  $ nfsafe probe 127.0.0.1:x
  2> nfsafe: '127.0.0.1:x' is not a source like SERVER:/EXPORT
  [3]
  $ nfsafe probe --count 2 127.0.0.1:/x
  2> nfsafe: --count and --interval go with --watch
  [3]
  $ nfsafe probe --interval 2s 127.0.0.1:/x
  2> nfsafe: --count and --interval go with --watch
  [3]
