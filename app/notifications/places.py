"""Which screen a piece of word is about."""

from app.notifications.types import Event, Told


def place(told: Told) -> str:
    """The path of the screen it is about."""
    if told.facts.get("remedy"):
        return f"/remedies/{told.facts['remedy']}"
    if told.conversation_id is not None:
        return f"/inbox/{told.conversation_id}"
    for fact, room in (("held", "outreach/held"), ("post", "library"), ("review", "reviews")):
        if told.facts.get(fact):
            return f"/{room}/{told.facts[fact]}"
    if told.event in (Event.POST_FAILED, Event.POST_UNCLEAR):
        return "/library"
    if told.event is Event.MODEL_ASKS:
        return "/routing/model"
    if told.event is Event.OWN_FIGURES:
        since, until = told.facts.get("first", ""), told.facts.get("last", "")
        return f"/reports?by=agent&of={told.facts.get('person', '')}&since={since}&until={until}"
    return _place_of_page(told)


def _place_of_page(told: Told) -> str:
    if told.event in (Event.HANDED_OVER, Event.CAMPAIGN_OVER):
        return f"/campaigns/{told.facts['campaign']}" if told.facts.get("campaign") else "/campaigns"
    if told.event is Event.KEEP_ALIVE and told.page_id is not None:
        return f"/pages/{told.page_id}/vitality"
    if told.page_id is not None:
        return f"/pages/{told.page_id}"
    if told.event in (Event.TARGET_NEAR, Event.TARGET_MISSED):
        return f"/inbox?view=all&team={told.facts.get('team', '')}&target=close"
    if told.event is Event.NOT_IN_TIME:
        return f"/inbox?view=unassigned&team={told.facts.get('team', '')}"
    return "/inbox?view=unassigned" if told.event is Event.DIGEST else "/inbox?view=team"
