"""What the screens about rules share."""

from flask import Blueprint

blueprint = Blueprint("rules", __name__, url_prefix="/routing")
POST = ("POST",)
ID = "<int(max=2147483647):rule_set_id>"
TRIAL_ID = "<int(max=2147483647):trial_id>"
TALK_ID = "<int(max=9223372036854775807):conversation_id>"
