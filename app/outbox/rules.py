"""Whether an echo is ours."""

from app.core.text import bare_words


def same_words(ours: str, shown: str) -> bool:
    """Whether the platform's text is what we sent, whatever its typography made of quotation marks and white space."""
    bare = bare_words(ours)
    return bare == bare_words(shown) if bare else " ".join(ours.split()) == " ".join(shown.split())
