"""Asking many pages that have nothing new, and many of which some never answer.

1. 200 feeds 50 ms away, nothing new and one new entry each: one worker of ours beside PyPI's ``reader`` with one
   worker, in the same run.
2. 1,000 feeds of which 300 take the request and never answer: when the 700 others are read, round after round, and what
   memory is held.

Usage: ``python -m bench.poll [--feeds N] [--many N] [--rounds N]``. The reference is installed as for
``bench.collect``.
"""

import argparse
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from bench.collect import Side, feed_server, reference_python

DISTANCE = "/delay/50"
HANGING = 30
THREADS = 16
"""As a worker has them when nothing else is configured."""


def tell(port: int, command: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}{command}", method="POST")).close()


def beside_reader(feeds: int) -> None:
    script = str(Path(__file__).with_name("reader_side.py"))
    with tempfile.TemporaryDirectory() as folder, feed_server(feeds, 50) as port:
        common = [str(port), str(feeds)]
        ours = Side([sys.executable, "-m", "bench.our_side", *common, f"{folder}/ours", str(THREADS)])
        theirs = Side([reference_python(), script, *common, f"{folder}/reader.sqlite", "1"])
        try:
            for side in (ours, theirs):
                side.update()
            tell(port, DISTANCE)
            for name, more in (("nothing new", False), ("one new each", True), ("nothing new", False)):
                if more:
                    tell(port, "/more")
                mine, other = ours.update()[0], theirs.update()[0]
                print(
                    f"{feeds} pages, 50 ms away, {name}: {mine:.2f} s, reader {other:.2f} s ({other / mine:.1f} times)"
                )
        finally:
            ours.close()
            theirs.close()


def some_hang(feeds: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder, feed_server(feeds, 5) as port:
        command = [sys.executable, "-m", "bench.poll_hanging", str(port), str(feeds), folder, str(THREADS), str(rounds)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout is not None
            for line in worker.stdout:
                if line.strip() == "ready":
                    tell(port, f"/hang/{HANGING}")
                else:
                    print(line, end="", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--many", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    beside_reader(options.feeds)
    some_hang(options.many, options.rounds)


if __name__ == "__main__":
    main()
