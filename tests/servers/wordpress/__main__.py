"""Runs the test site until Ctrl-C, to look at it by hand: ``python -m tests.servers.wordpress``."""

import json
import signal
import sys
from contextlib import suppress

from tests.servers.wordpress.server import NotStarted, WordPressServer


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with WordPressServer() as server, suppress(KeyboardInterrupt):
            people = {user.login: user.password for user in server.site.users.values()}
            print(json.dumps({"url": server.site.url, "application_passwords": people}, indent=1), flush=True)
            signal.pause()
    except NotStarted as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
