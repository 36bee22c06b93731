"""The rules that give conversations to teams: shown, written, tried and published; and why one is where it is."""

from flask.sansio.blueprints import BlueprintSetupState

from app.web.rules import drafts, editor, overview, trials, why, words
from app.web.rules.routes import blueprint

__all__ = ["blueprint", "drafts", "editor", "overview", "trials", "why"]


@blueprint.record_once
def _offer_words(state: BlueprintSetupState) -> None:
    """Templates say states of versions and trials through ``rule_words``."""
    state.app.jinja_env.globals["rule_words"] = words
