"""A real WordPress on loopback: Debian's package with a MariaDB and an Apache of its own, gone when the tests end.

Everything it writes lies in one temporary folder. Nothing of the machine's own MariaDB or Apache is touched.
"""

import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from string import Template
from types import TracebackType
from typing import Any, Self

from tests.servers.wordpress.site import Ports, Site, User

HERE = Path(__file__).parent
PACKAGED = Path("/usr/share/wordpress")
START_SECONDS = 60
ADMIN_TOOLS = "/usr/sbin:/sbin:/usr/bin:/bin"

MARIADB = """[mysqld]
datadir={state}/db
socket={state}/db.sock
pid-file={state}/db.pid
tmpdir={state}
skip-networking
skip-name-resolve
skip-log-bin
character-set-server=utf8mb4
collation-server=utf8mb4_unicode_ci
innodb_buffer_pool_size=48M
innodb_log_file_size=16M
innodb_flush_log_at_trx_commit=0
innodb_doublewrite=0
innodb_flush_method=nosync
performance_schema=OFF
aria_pagecache_buffer_size=8M
key_buffer_size=8M
max_connections=40
"""


class NotStarted(Exception):
    """The server can't be started; the text says why and what to do."""


def install() -> None:
    """Install the packages when they are missing and we are root. Raises NotStarted saying what to install."""
    script = HERE / "install.sh"
    done = subprocess.run(["/bin/sh", str(script)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotStarted(done.stderr.strip())


class WordPressServer:
    """Use as a context manager; ``site`` is there inside.

    Also as root nothing runs as root: MariaDB and Apache run as ``www-data``.
    """

    site: Site

    def __init__(self) -> None:
        self._state = Path(
            tempfile.mkdtemp(prefix="porchlight-wp-", dir="/tmp")
        )  # short: the path of a socket lies in it
        self._user = "www-data" if os.geteuid() == 0 else None
        self._database: subprocess.Popen[bytes] | None = None
        self._apache: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _start(self) -> None:
        install()
        self._lay_out()
        self._start_database()
        people = json.loads(self._php(self._state / "setup.php"))
        self._start_apache(ports := _free_ports())
        users = {login: User(login=login, **one) for login, one in people.items()}
        self.site = Site(ports, users, self._state, key=(self._state / "door.key").read_text())
        self.site.reset()

    def _lay_out(self) -> None:
        """The folder: a copy of WordPress with our configuration, and an empty host beside it."""
        state, site = self._state, self._state / "site"
        shutil.copytree(PACKAGED, site, ignore=lambda _, names: {".htaccess", "wp-config.php"} & set(names))
        plugins = site / "wp-content" / "mu-plugins"
        for folder in (plugins, site / "wp-content" / "uploads", state / "nothing", state / "db"):
            folder.mkdir(exist_ok=True)
        shutil.copy(HERE / "wp-config.php", site)
        shutil.copy(HERE / "door.php", plugins)
        shutil.copy(HERE / "setup.php", state)  # not run where it is: root's own checkout may be closed to www-data
        (state / "nothing" / "index.html").write_text(
            "<!doctype html><title>Company</title><p>The blog is elsewhere.\n"
        )
        (state / "door.key").write_text(secrets.token_hex(16))
        (state / "my.cnf").write_text(MARIADB.format(state=state))
        if self._user:
            owner = pwd.getpwnam(self._user)
            for place in (state, state / "db", site, site / "wp-content" / "uploads"):
                os.chown(place, owner.pw_uid, owner.pw_gid)

    def _start_database(self) -> None:
        config = f"--defaults-file={self._state / 'my.cnf'}"
        self._run(
            ["mariadb-install-db", config, "--auth-root-authentication-method=normal", "--skip-test-db", "--force"],
        )
        self._database = self._spawn(["mariadbd", config], "db.log")
        self._wait_for((self._state / "db.sock").exists, self._database, "db.log", "MariaDB")
        socket_path = f"--socket={self._state / 'db.sock'}"
        self._run(["mariadb", "--no-defaults", "-uroot", socket_path, "-e", "CREATE DATABASE wordpress"])

    def _start_apache(self, ports: Ports) -> None:
        modules = Path("/usr/lib/apache2/modules")
        config = Template((HERE / "apache.conf").read_text()).substitute(
            STATE=self._state,
            MODULES=modules,
            PHP=next(modules.glob("libphp*.so")),
            PORT_ROOT=ports.root,
            PORT_SUBPATH=ports.subpath,
            PORT_PRODUCTION=ports.production,
        )
        (self._state / "apache.conf").write_text(config)
        self._apache = self._spawn(
            ["apache2", "-f", str(self._state / "apache.conf"), "-DFOREGROUND"], "apache-start.log"
        )
        self._wait_for(
            lambda: _answers(f"http://127.0.0.1:{ports.root}/?rest_route=/"), self._apache, "apache.log", "Apache"
        )

    def _php(self, script: Path) -> str:
        return self._run(["php", "-d", "sendmail_path=/bin/true", str(script)], SITE_ROOT=str(self._state / "site"))

    def _run(self, command: list[str], **variables: str) -> str:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            user=self._user,
            group=self._user,
            cwd=self._state,
            env={"PATH": ADMIN_TOOLS, **variables},
        )
        if done.returncode:
            raise NotStarted(f"{command[0]} ended with {done.returncode}: {done.stderr[-1500:]}{done.stdout[-500:]}")
        return done.stdout

    def _spawn(self, command: list[str], log: str) -> subprocess.Popen[bytes]:
        with (self._state / log).open("ab") as out:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *command],  # they end when the tests do, also when those are killed
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                user=self._user,
                group=self._user,
                cwd=self._state,
                env={"PATH": ADMIN_TOOLS, "LANG": "C.UTF-8"},
                start_new_session=True,
            )

    def _wait_for(self, ready: Callable[[], bool], process: subprocess.Popen[bytes], log: str, name: str) -> None:
        until = time.monotonic() + START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > until:
                text = (self._state / log).read_text(errors="replace") if (self._state / log).exists() else ""
                raise NotStarted(f"{name} of the test site did not start: {text[-1500:]}")
            time.sleep(0.05)

    def _stop(self) -> None:
        """At once: nobody needs the data any more."""
        for process in (self._apache, self._database):
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        shutil.rmtree(self._state, ignore_errors=True)


def _free_ports() -> Ports:
    """Ports nobody listens on now. All are held until the last is known, so that they differ."""
    holders = [socket.socket() for _ in range(3)]
    try:
        for holder in holders:
            holder.bind(("127.0.0.1", 0))
        return Ports(*(holder.getsockname()[1] for holder in holders))
    finally:
        for holder in holders:
            holder.close()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            data: Any = json.load(answer)
    except (OSError, ValueError, urllib.error.URLError):
        return False
    return "wp/v2" in data["namespaces"]
