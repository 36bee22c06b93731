"""The blueprint of these screens."""

from flask import Blueprint

blueprint = Blueprint("library", __name__, url_prefix="/library")
POST = ("POST",)
ID = "<int(max=2147483647):post_id>"
PAGE_ID = "<int(max=2147483647):page_id>"
USE_ID = "<int(max=9223372036854775807):publication_id>"
