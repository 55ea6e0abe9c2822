#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the probe prints: --json as the interface says, words for a person, --watch.

Usage: output.py NFSAFE NFS-SERVER

Seen to fail with: a key by another name; and with the probe as it was, whose --watch
had no summary at Ctrl-C.
"""

import json
import re
import signal
import subprocess
import sys
import time

from nfs_server import Server
from probe import Prober
from tap import Tap

VERDICTS = """ok slow unresolved unreachable refused rpcbind-dead not-registered
    mountd-dead export-denied export-missing frozen version stale read-only no-space
    squashed corrupt garbage denied""".split()
LAYERS = "resolve connect rpcbind mountd nfsd handle space access canary".split()

KEYS = ["source", "verdict", "layer", "detail", "elapsed_ms", "layers", "server", "space"]


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def schema(report):
    """What is wrong with @report; [] for nothing."""
    wrong = []
    if list(report) != KEYS:
        return [f"keys are {list(report)}"]
    if report["verdict"] not in VERDICTS:
        wrong.append(f"verdict {report['verdict']}")
    if report["layer"] not in LAYERS:
        wrong.append(f"layer {report['layer']}")
    if not isinstance(report["detail"], str):
        wrong.append(f"detail {report['detail']}")
    if not is_number(report["elapsed_ms"]):
        wrong.append(f"elapsed_ms {report['elapsed_ms']}")
    names = [layer.get("layer") for layer in report["layers"]]
    if names != [name for name in LAYERS if name in names]:
        wrong.append(f"layers are {names}")
    for layer in report["layers"]:
        if list(layer) != ["layer", "result", "ms"] or not isinstance(layer["result"], str) or \
                not (layer["ms"] is None or is_number(layer["ms"])):
            wrong.append(f"layer {layer}")
    if list(report["server"]) != ["address", "port", "vers"]:
        wrong.append(f"server {report['server']}")
    space = report["space"]
    if space is not None and list(space) != ["total_bytes", "free_bytes", "free_files"]:
        wrong.append(f"space {space}")
    return wrong


def check_json(tap, server, prober):
    for faults, options in (("", ("--vers=3", "--write")), ("", ("--vers=4.1", "--write")),
                            ("silent", ("--vers=3",)), ("garbage", ("--vers=4.0",)),
                            ("refuse@nfs refuse@mount", ("--vers=3",))):
        server.faults(*faults.split())
        result = prober.run(*options)
        tap.equal(schema(result.report), [], f"--json: {faults or 'ok'} {options}",
                  result.text())
    server.faults()
    report = prober.run("--vers=3", "--write").report
    tap.equal(report["source"], "127.0.0.1:/export", "source, as it was given")
    tap.equal(report["server"], {"address": "127.0.0.1", "port": server.nfs, "vers": "3"},
              "server")
    tap.equal(report["space"]["total_bytes"], 64 << 20, "space: total_bytes")
    tap.equal(report["space"]["free_bytes"], 64 << 20, "space: free_bytes")
    tap.equal(report["space"]["free_files"], 19998, "space: free_files")
    tap.ok(all(layer["ms"] is None or 0 <= layer["ms"] <= report["elapsed_ms"]
               for layer in report["layers"]), "each layer's ms", report)


def check_text(tap, server, prober):
    """Words for a person: the source, the verdict, what it means, what to look at."""
    def text(*options):
        command = [*prober.program, "probe", f"--port={server.nfs}", "--timeout=700ms",
                   f"--mountport={server.mount}", *options, "127.0.0.1:/export"]
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)

    server.faults()
    done = text("--vers=3")
    tap.ok("127.0.0.1:/export" in done.stdout and re.search(r"\bok\b", done.stdout) and
           done.returncode == 0 and not done.stderr, "text: ok", done)
    server.faults("silent@nfs")
    done = text("--vers=3")
    tap.ok("frozen" in done.stdout and "accepts connections" in done.stdout and
           done.returncode == 2, "text: frozen, and what that means", done)
    tap.ok("\x1b" not in done.stdout, "text: no colour into a pipe", done)


def check_usage(tap, prober):
    def status(*arguments):
        return subprocess.run([*prober.program, "probe", *arguments], check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode

    for arguments in ((), ("--vers=5", "127.0.0.1:/export"), ("nonsense:",),
                      ("--timeout=0", "127.0.0.1:/export"), ("--port=70000", "h:/e"),
                      ("--no-such-option",)):
        tap.equal(status(*arguments), 3, f"could not ask: probe {' '.join(arguments)}")


def check_slow(tap, server, prober):
    server.faults("delay:1500@GETATTR")
    slow = Prober(" ".join(prober.program), server, 5)
    result = slow.run("--vers=3")
    tap.ok(result.report["verdict"] == "slow" and result.status == 1,
           "slow: verdict and exit code 1", result.text())


def summary_of(text):
    """The numbers of --watch's last line: sent, answered, loss, min/median/p99/max."""
    words = re.findall(r"[0-9]+(?:\.[0-9]+)?", text)
    return [float(word) for word in words]


def start_watch(server, prober, *options):
    command = [*prober.program, "probe", "--watch", "--vers=3", f"--port={server.nfs}",
               f"--mountport={server.mount}", "--timeout=300ms", *options,
               "127.0.0.1:/export"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def check_watch(tap, server, prober):
    server.faults()
    begin = time.monotonic()
    process = start_watch(server, prober, "--count=4", "--interval=200ms")
    out, err = process.communicate(timeout=20)
    seconds = time.monotonic() - begin
    lines = out.splitlines()
    tap.ok(process.returncode == 0, "--watch --count=4: exit 0", out, err)
    tap.ok(len(lines) >= 5, "--watch: a line a beat and a summary", out, err)
    tap.ok(0.6 <= seconds < 2, "--watch: a beat each interval", f"{seconds:.3f} s")
    tap.ok(re.search(r"4.*sent|sent.*4", out + err) and "p99" in out + err,
           "--watch: the summary", out, err)

    process = start_watch(server, prober, "--interval=100ms")
    time.sleep(1)
    server.faults("silent@nfs")
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    begin = time.monotonic()
    out, err = process.communicate(timeout=20)
    tap.ok(time.monotonic() - begin < 1, "--watch: SIGINT ends it at once")
    tap.ok("p99" in out + err and "loss" in out + err, "--watch: a summary at SIGINT", out, err)
    loss = re.search(r"([0-9.]+) ?% loss|loss[^0-9]*([0-9.]+) ?%", out + err)
    tap.ok(loss and 20 <= float(loss.group(1) or loss.group(2)) <= 80,
           "--watch: about half is lost", out, err)
    tap.equal(process.returncode, 1, "--watch: exit 1 when some were lost")
    process = start_watch(server, prober, "--interval=100ms", "--count=3")
    out, err = process.communicate(timeout=20)
    tap.ok(process.returncode == 2, "--watch: exit 2 when all were lost",
           process.returncode, out, err)


def check_watch_json(tap, server, prober):
    server.faults()
    process = start_watch(server, prober, "--count=3", "--interval=100ms", "--json")
    out, err = process.communicate(timeout=20)
    try:
        lines = [json.loads(line) for line in out.splitlines()]
    except json.JSONDecodeError as error:
        lines = []
        err += str(error)
    tap.ok(len(lines) >= 3, "--watch --json: an object a line", out, err)


def main(nfsafe, program):
    tap = Tap()
    with Server(program) as server:
        prober = Prober(nfsafe, server)
        check_json(tap, server, prober)
        check_text(tap, server, prober)
        check_usage(tap, prober)
        check_slow(tap, server, prober)
        check_watch(tap, server, prober)
        check_watch_json(tap, server, prober)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
