"""A post as platforms would show it, and why one would not take it."""

from app.connectors.lengths import length
from app.connectors.publishing import NewPost, PostForm, shown, too_long_by
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.library.types import Place, PostView, Preview, Words


def wrong(post: NewPost, form: PostForm | None) -> str:
    """Why a post can't be published in that form, in words; empty when it can."""
    if form is None:
        return _("Nothing can be published there: its login may not, or the platform takes no posts.")
    if form.titled and not post.title.strip():
        return _("Posts there need a title.")
    if form.pictured and not post.image:
        return _("Posts there need a picture.")
    over = too_long_by(post, form)
    if over:
        return ngettext("This is %(num)s character too long.", "This is %(num)s characters too long.", over)
    return ""


def preview(place: Place, one: PostView, words: Words) -> Preview:
    """A post as a page's platform would show it."""
    form, post = place.form, one.draft(words, place.connector)
    text = shown(post, form) if form else post.text
    own = post.text != words.text
    return Preview(place, text, own, length(text, form.length.unit) if form else 0, wrong(post, form))
