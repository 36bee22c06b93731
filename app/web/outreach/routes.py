"""Where outreach is found."""

from flask import Blueprint

blueprint = Blueprint("outreach", __name__)
PLACE = "/outreach"
POST = ("POST",)
ID = "<int(max=9223372036854775807):outreach_id>"
CONTACT_ID = "<int(max=9223372036854775807):contact_id>"
HELD_ID = "<int(max=9223372036854775807):held_id>"
SOURCE_ID = "<int(max=2147483647):source_id>"
