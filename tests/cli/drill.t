nfsafe drill: what can be said without a private kernel.

  $ nfsafe drill --fault fire
  2> nfsafe: --fault: 'fire' is none of freeze, stop, cut, loss
  [64]
  $ nfsafe drill --vers 2
  2> nfsafe: --vers: '2' is none of 3, 4.0, 4.1, 4.2
  [64]
  $ nfsafe drill --limit 3s
  2> nfsafe: --limit: from 15s to 10m
  [64]
  $ nfsafe drill --limit soon
  2> nfsafe: 'soon' is not a duration like 90s, 15m, 8d
  [64]
  $ nfsafe drill nas1
  2> nfsafe: drill takes no operand
  [64]

What is missing is named by its package in Debian.

  $ mkdir bin; for program in modprobe ip iptables-legacy ping ps rpcbind ganesha.nfsd mount.nfs perl; do
  >     ln -s /bin/true bin/$program
  > done
  $ PATH=$PWD/bin:$(dirname "$(command -v nfsafe)") nfsafe drill
  2> nfsafe: the private kernel of a drill is not installed here: apt-get install user-mode-linux nfs-ganesha-vfs sqlite3
  [69]
