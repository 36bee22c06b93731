"""Many conversations at once."""

from datetime import datetime

from flask import Response, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import InvalidInput, PorchlightError
from app.core.i18n import gettext as _
from app.desk import bulk
from app.desk.types import Deed, Did, Task
from app.edge.context import actor, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.inbox import tags
from app.web.inbox import place as places
from app.web.inbox import putting_off
from app.web.inbox.changing import address_of
from app.web.inbox.routes import JOB_ID, blueprint, by_script, here
from app.web.inbox.telling import told
from app.web.present import words

POST = ("POST",)


@route(blueprint, "/many", needs=Permission.ANSWER, methods=POST)
def act_on_many() -> ResponseReturnValue:
    """Do one thing to the chosen conversations, or to all of the list."""
    now = utc_now()
    try:
        task = _task(now)
        if request.form.get("all"):
            seen_at = places.moment(request.form.get("read_at", "")) or now
            wanted = here().filter(actor())
            job_id = bulk.begin(session(), actor(), wanted, task, seen_at=seen_at, now=now)
            return _at_work(job_id)
        return _did(task.deed, bulk.act_on(session(), actor(), _chosen(), task, now))
    except PorchlightError as error:
        if by_script():
            answer = told(error.message, "bad")
            return rejected(answer.get_data(as_text=True), status_of(error))
        flash(error.message, "bad")
        return redirect(address_of(None), 303)


@route(blueprint, "/many/more", needs=Permission.ANSWER)
def more_for_many() -> ResponseReturnValue:
    """What needs a choice: tags, people, teams."""
    return render_template(
        "inbox/bulk_more.html",
        tags=tags.tags(session()),
        people=accounts.team_members(session()),
        teams=accounts.teams(session()),
    )


@route(blueprint, "/many/later", needs=Permission.ANSWER)
def later_for_many() -> ResponseReturnValue:
    """Until when they can be put off."""
    return render_template("inbox/put_many_off.html")


@route(blueprint, f"/many/{JOB_ID}", needs=Permission.READ_INBOX)
def bulk_job(job_id: int) -> ResponseReturnValue:
    """How far it is."""
    return _progress(job_id)


@route(blueprint, f"/many/{JOB_ID}/stop", needs=Permission.ANSWER, methods=POST)
def stop_bulk(job_id: int) -> ResponseReturnValue:
    """Enough; what is done stays done."""
    bulk.stop(session(), actor(), job_id, utc_now())
    return _progress(job_id) if by_script() else redirect(address_of(None), 303)


def _progress(job_id: int) -> ResponseReturnValue:
    found = bulk.job(session(), actor(), job_id)
    answer = make_response(render_template("inbox/bulk_job.html", job=found, place=here()))
    if found.finished_at is not None:
        answer.headers["HX-Trigger"] = "list-stale"
    return answer


def _at_work(job_id: int) -> ResponseReturnValue:
    if not by_script():
        return redirect(address_of(None), 303)
    return at_work(job_id)


def at_work(job_id: int) -> Response:
    """For a script: the bar that says how far it is."""
    found = bulk.job(session(), actor(), job_id)
    answer = make_response(render_template("inbox/bulk_job.html", job=found, place=here()))
    answer.headers["HX-Retarget"] = "#bulk-job"
    answer.headers["HX-Reswap"] = "outerHTML"
    return answer


def _did(deed: Deed, did: Did) -> ResponseReturnValue:
    said = f"{words.work(deed)}: {words.did(did.done, did.left)}"
    if not by_script():
        flash(said, "good" if did.done else "warning")
        return redirect(address_of(None), 303)
    answer = told(said, entry=did.entry_id, place=here())
    answer.headers["HX-Trigger"] = "list-stale"
    return answer


def _task(now: datetime) -> Task:
    """What the pressed button says; those that say when are for putting off."""
    named = Deed.PUT_OFF if "when" in request.form else request.form.get("deed", "")
    if named not in set(Deed) - {Deed.UNDO}:
        raise InvalidInput(_("Choose what is to be done."))
    deed = Deed(named)
    return Task(deed, _to(deed), putting_off.until(now) if deed is Deed.PUT_OFF else None)


def _to(deed: Deed) -> int | None:
    """The person, team or tag that the deed is about."""
    if deed in (Deed.TAG, Deed.UNTAG):
        return tags.find_or_make(session(), request.form.get("tag", ""), utc_now())
    return places.number(request.form.get({Deed.ASSIGN: "person", Deed.MOVE: "team"}.get(deed, "")))


def _chosen() -> dict[int, int]:
    """The chosen rows, each with the version that was seen."""
    return places.versions(request.form.getlist("talk"))
