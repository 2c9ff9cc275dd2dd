"""Runs commands in turn and measures each. Decides nothing.

Standard input: {"rounds": N, "contestants": [{"name", "turns": [TURN, ...]}, ...]}, where a TURN is
{"emptied": [folder, ...], "before": [COMMAND, ...], "commands": [COMMAND, ...]} and a COMMAND is
{"argv", "environment", "folder", "stdout"}. Only "commands" are measured.

In each round every contestant runs once, so that what disturbs the machine disturbs all alike. A first
round warms up and is not counted. What has run is counted over all of them, and a contestant with two turns
takes the one or the other by that count: each run finds the world as the other turn would have left it.

Standard output: {name: [[wall seconds, CPU seconds, peak RSS in KiB], ...]}. CPU time is user and system, with
all children that were waited for. A peak is never below that of this interpreter, which the kernel counts
until the command has replaced it.
"""

import json
import os
import shutil
import sys
import tempfile
import time

READ, WRITE = os.O_RDONLY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def run(command, errors):
    os.chdir(command["folder"])
    opened = [(0, os.devnull, READ), (1, command.get("stdout") or os.devnull, WRITE), (2, errors, WRITE)]
    actions = [(os.POSIX_SPAWN_OPEN, number, path, flags, 0o600) for number, path, flags in opened]
    argv = command["argv"]
    started = time.monotonic()
    pid = os.posix_spawn(argv[0], argv, command["environment"], file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    wall = time.monotonic() - started
    if status != 0:
        said = open(errors, encoding="utf-8", errors="replace").read()
        code = os.waitstatus_to_exitcode(status)
        sys.exit(f"`{' '.join(argv)}` ended with status {code}:\n{said}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def take(turn, errors):
    for folder in turn["emptied"]:
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
    for command in turn["before"]:
        run(command, errors)
    measured = [run(command, errors) for command in turn["commands"]]
    walls, cpus, peaks = zip(*measured)
    return [sum(walls), sum(cpus), max(peaks)]


def main():
    order = json.load(sys.stdin)
    contestants, results, count = order["contestants"], {}, 0
    with tempfile.TemporaryDirectory() as folder:
        errors = os.path.join(folder, "stderr")
        for number in range(order["rounds"] + 1):
            print(f"\r  round {number} of {order['rounds']}", end="", file=sys.stderr, flush=True)
            for contestant in contestants:
                turns = contestant["turns"]
                figures = take(turns[count % len(turns)], errors)
                count += 1
                if number > 0:
                    results.setdefault(contestant["name"], []).append(figures)
        os.chdir("/")
    print(file=sys.stderr)
    json.dump(results, sys.stdout)


main()
