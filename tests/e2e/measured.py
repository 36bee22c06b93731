"""``porchlight``, telling afterwards what it cost: ``python -m tests.e2e.measured FILE ARGUMENT...``

Writes the highest memory use in kB and the seconds, without the start of Python, into FILE as JSON.
"""

import json
import sys
import time
from pathlib import Path

from app import cli


def main() -> int:
    file, arguments = Path(sys.argv[1]), sys.argv[2:]
    begin = time.monotonic()
    code = cli.call(cli.porchlight, arguments)
    seconds = time.monotonic() - begin
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    file.write_text(json.dumps({"kilobytes": int(status["VmHWM"].split()[0]), "seconds": seconds}))
    return code


if __name__ == "__main__":
    sys.exit(main())
