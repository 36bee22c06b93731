"""Lighthouse's marks for the inbox, signed in, with 50 conversations: performance, accessibility, best practices.

Needs node and a Chromium. Lighthouse itself is installed from npm into ``~/.cache/porchlight/lighthouse`` at the first
call. Usage: ``python -m bench.lighthouse [--runs N] [--path /inbox?view=all]``; exits 1 below 95 for performance (the
best of the runs: a busy machine only takes away) or 100 for accessibility.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from app.cli import redis_server
from app.core import logs
from app.core.config import Settings
from bench.live import House, prepared

PACKAGE = "lighthouse@13.5.0"
CACHE = Path.home() / ".cache" / "porchlight" / "lighthouse"
WANTED = {"performance": 95, "accessibility": 100}
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"


def installed() -> Path:
    """Lighthouse's command."""
    command = CACHE / "node_modules" / ".bin" / "lighthouse"
    if not command.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
        subprocess.run(npm, cwd=CACHE, check=True)
    return command


def marks(command: Path, house: House, cookie: str, path: str, report: Path) -> dict[str, float]:
    """One run's marks from 0 to 100, and what accessibility found."""
    chrome = next(found for name in ("chromium", "google-chrome") if (found := shutil.which(name)))
    address = f"http://127.0.0.1:{house.port}{path}"
    headers = json.dumps({"Cookie": cookie})
    options = ["--quiet", "--output=json", f"--output-path={report}", f"--chrome-flags={FLAGS}", "--preset=desktop"]
    kinds = "--only-categories=performance,accessibility,best-practices"
    environment = {**os.environ, "CHROME_PATH": chrome}
    subprocess.run([command, address, *options, kinds, f"--extra-headers={headers}"], env=environment, check=True)
    found = json.loads(report.read_text(encoding="utf-8"))
    for name in ("accessibility", "best-practices"):
        for part in found["categories"][name]["auditRefs"]:
            audit = found["audits"][part["id"]]
            if audit["score"] is not None and audit["score"] < 1:
                print(f"  {name}: {audit['title']}")
    shown = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift")
    print(
        "  " + ", ".join(f"{found['audits'][name]['title']} {found['audits'][name]['displayValue']}" for name in shown)
    )
    return {name: 100 * one["score"] for name, one in found["categories"].items()}


def main() -> None:
    logs.configure("critical", "text")
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--path", default="/inbox?view=all")
    options = parser.parse_args()
    command = installed()
    best: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(data_dir=Path(name) / "data")
        settings.data_dir.mkdir()
        redis = subprocess.Popen(redis_server.command(settings))
        try:
            while not redis_server.answers(settings.redis_socket):
                time.sleep(0.02)
            house = prepared(Path(name))
            for _ in range(50):
                house.say()
            house.start()
            house.wait()
            cookie = house.sign_in()
            for number in range(options.runs):
                found = marks(command, house, cookie, options.path, Path(name) / "report.json")
                print(f"run {number + 1}: " + ", ".join(f"{kind} {mark:.0f}" for kind, mark in found.items()))
                best = {kind: max(mark, best.get(kind, 0)) for kind, mark in found.items()}
            house.stop()
        finally:
            redis.terminate()
            redis.wait(10)
    sys.exit(any(best[kind] < wanted for kind, wanted in WANTED.items()))


if __name__ == "__main__":
    main()
