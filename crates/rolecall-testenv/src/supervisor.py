"""Owns the servers of one test cluster and everything they write.

Reads one JSON order a line from standard input and answers each with one line.
At the end of the input, which the kernel brings about however the test process
ended, it kills the servers and removes the working directory.
"""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


def die_with_supervisor():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(order):
    log = open(os.path.join(home, order["name"] + ".log"), "ab")
    with log:
        servers[order["name"]] = subprocess.Popen(
            order["argv"],
            env=order["env"],
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=die_with_supervisor,
        )
    return {"pid": servers[order["name"]].pid}


def status(order):
    server = servers.get(order["name"])
    return {"exit": server.poll() if server else -1}


def kill(order):
    server = servers.pop(order["name"], None)
    if server and server.poll() is None:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    return {}


def stop(_signal, _frame):
    sys.exit(1)


def serve():
    print(json.dumps({"home": home}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = orders[order["order"]](order)
        except OSError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


# A session of its own: Ctrl-C in the terminal reaches the test, not the
# supervisor, which then ends in order when the pipe closes.
os.setsid()
for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(name, stop)
orders = {"start": start, "status": status, "kill": kill}
servers = {}
home = tempfile.mkdtemp(prefix="rolecall-testenv-")
try:
    serve()
except BrokenPipeError:
    pass
finally:
    for name in list(servers):
        kill({"name": name})
    shutil.rmtree(home, ignore_errors=True)
