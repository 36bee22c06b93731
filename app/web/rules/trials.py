"""What rules would have done: the progress of a trial, and what came of it."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.i18n import gettext as _
from app.edge.context import session
from app.edge.routes import route
from app.routing import tally, trials
from app.web.present import names
from app.web.rules.routes import POST, TRIAL_ID, blueprint


@route(blueprint, f"/trials/{TRIAL_ID}", needs=Permission.READ_ROUTING)
def trial(trial_id: int) -> ResponseReturnValue:
    """A trial: how far it is, then what it found."""
    one = trials.view(session(), trial_id)
    places = {str(team.id): names.shown(team.name) for team in accounts.teams(session())} | {tally.SPAM: _("Spam")}
    found = one.tally
    moves = tally.biggest_moves(found)
    kept = [*(kept for _a, _b, kept in moves), found["unmatched"], found["newly"]]
    examples = {example["id"] for some in kept for example in some["examples"]}
    examples |= {example["id"] for example in found["corrected"]["worse"]}
    return render_template(
        "rules/trial.html",
        trial=one,
        found=found,
        moves=moves,
        rules=sorted(found["rules"].items(), key=lambda item: -item[1][1]),
        load=sorted(found["load"].items()),
        busiest=max((max(*load[0], *load[1]) for load in found["load"].values()), default=0),
        hours=[utc_now().replace(hour=hour, minute=0) for hour in range(24)],
        place=lambda key: places.get(key, key),
        rule_name=names.shown,
        snippets=trials.snippets(session(), sorted(examples)),
        share=tally.share_out_of_sight(found),
        takes_two=tally.share_out_of_sight(found) > tally.SHARE_FOR_TWO,
    )


@route(blueprint, f"/trials/{TRIAL_ID}/stop", needs=Permission.MANAGE_ROUTING, methods=POST)
def stop(trial_id: int) -> ResponseReturnValue:
    """Give a trial up."""
    trials.stop(session(), trial_id, utc_now())
    return redirect(url_for("rules.trial", trial_id=trial_id), 303)
