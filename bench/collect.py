"""Reading many comment feeds, beside PyPI's ``reader`` doing the same in the same run.

200 feeds of 50 entries from a loopback server: cold, with nothing new, with one new entry a feed, and with nothing new
at 50 ms of distance. What can be done again is done several times, by all of them in turn, and the median counts: on a
machine that others share the same work takes a third longer at times. Reader stores entries; we also make people and
conversations of them, and route what is new. What a page's first reading brings is routed afterwards, in a job of its
own, whose seconds stand beside.
Usage: ``python -m bench.collect [--feeds N] [--entries N] [--threads N] [--rounds N]``. The reference is installed
into an environment of its own below ``~/.cache/porchlight``.
"""

import argparse
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

# 3.27 needs Python 3.12; 3.26 is the newest that runs on 3.11.
REFERENCE = "reader==3.27" if sys.version_info >= (3, 12) else "reader==3.26"
CACHE = Path.home() / ".cache" / "porchlight" / "bench-reader"
COLD = "cold"
RUNS = ((COLD, None), ("nothing new", None), ("one new each", "/more"), ("nothing new, 50 ms away", "/delay/50"))


Figures = tuple[float, float, float, int, list[float]]


class Side:
    """One of the two, in a process of its own."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.base_kb = int(self._line())

    def update(self) -> Figures:
        """Seconds, seconds of processor time, growth of the memory peak since the start in MB, entries stored, seconds
        of work left for after."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        seconds, spent, peak_kb, count, *after = self._line().split()
        growth = (int(peak_kb) - self.base_kb) / 1024
        return float(seconds), float(spent), growth, int(count), [float(one) for one in after]

    def close(self) -> None:
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._process.args!r} stopped")
        return line


@contextmanager
def feed_server(feeds: int, entries: int) -> Iterator[int]:
    command = [sys.executable, "-m", "bench.feed_server", str(feeds), str(entries), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.terminate()


def reference_python() -> str:
    """The interpreter of the reference's environment, made at first use."""
    python = CACHE / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(CACHE)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", REFERENCE, "sgmllib3k"], check=True)
    return str(python)


def tell(title: str, rounds: dict[str, list[Figures]]) -> None:
    """Print the medians of the rounds of each side, the first of them ours, and how far the seconds were apart."""
    print(title)
    own = median(seconds for seconds, *_rest in next(iter(rounds.values())))
    for name, figures in rounds.items():
        times = [seconds for seconds, *_rest in figures]
        spent = median(spent for _seconds, spent, *_rest in figures)
        *_times, growth, count, after = figures[-1]
        apart = f" ({min(times):.2f} to {max(times):.2f})" if len(times) > 1 else ""
        rest = "".join(f", routed {one:.2f} s later" for one in after)
        ratio = f"{median(times):7.2f} s{apart}   {median(times) / own:5.1f} x   {spent:6.2f} s of processor"
        print(f"  {name:24} {ratio}   +{growth:4.0f} MB   {count:,} entries{rest}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--entries", type=int, default=50)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3, help="of everything but the cold run")
    options = parser.parse_args()
    python = reference_python()
    with tempfile.TemporaryDirectory() as folder, feed_server(options.feeds, options.entries) as port:
        common = [str(port), str(options.feeds)]
        script = str(Path(__file__).with_name("reader_side.py"))
        ours = [sys.executable, "-m", "bench.our_side", *common]
        sides = {
            f"Porchlight, {options.threads} threads": Side([*ours, f"{folder}/ours", str(options.threads)]),
            "reader, 1 worker": Side([python, script, *common, f"{folder}/one.db", "1"]),
            f"reader, {options.threads} workers": Side(
                [python, script, *common, f"{folder}/many.db", str(options.threads)]
            ),
        }
        for title, command in RUNS:
            rounds: dict[str, list[Figures]] = {name: [] for name in sides}
            for _round in range(1 if title == COLD else options.rounds):
                if command:
                    request = urllib.request.Request(f"http://127.0.0.1:{port}{command}", method="POST")
                    urllib.request.urlopen(request, timeout=10).close()
                for name, side in sides.items():
                    rounds[name].append(side.update())
            tell(title, rounds)
        for side in sides.values():
            side.close()


if __name__ == "__main__":
    main()
