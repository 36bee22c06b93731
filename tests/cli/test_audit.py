"""``porchlight audit verify``."""

from sqlalchemy import text

from app import bootstrap
from app.audit import heads, service
from app.audit.types import Action, Entry
from app.bootstrap import Services
from app.core.clock import utc_now
from tests.cli.conftest import Terminal


def test_verify_says_what_was_done_to_the_log(terminal: Terminal, parts: Services) -> None:
    (at_first,) = terminal.run("audit", "verify", "--json").lines
    begun = at_first["lines"]  # the first rules are published when an installation begins
    assert at_first == {"lines": begun, "heads": 0, "problems": []}
    with parts.db.write() as session:
        for number in range(3):
            service.record(session, Entry(Action.REMEDY_ASKED, f"remedy/{number}", utc_now(), 1))
    key = bootstrap.audit_key(parts.settings)
    with parts.db.read() as session:
        heads.write(session, heads.file_of(parts.settings.data_dir), key, utc_now())
    said = terminal.run("audit", "verify")
    assert (said.code, str(begun + 3) in said.out) == (0, True)
    with parts.db.write() as session:
        sqlite = session.get_bind().dialect.name == "sqlite"
        off = "DROP TRIGGER audit_log_is_kept_unchanged" if sqlite else "ALTER TABLE audit_log DISABLE TRIGGER USER"
        session.execute(text(off))
        session.execute(text(f"UPDATE audit_log SET actor_id = 2 WHERE seq = {begun + 2}"))
    said = terminal.run("audit", "verify", "--json")
    assert said.code == 1
    assert said.lines == [{"lines": begun + 3, "heads": 1, "problems": [{"fault": "changed", "line": begun + 2}]}]
    assert str(begun + 2) in terminal.run("audit", "verify").out
