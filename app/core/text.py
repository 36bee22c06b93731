"""Foreign text made safe: plain, bounded, without control characters."""

MAX_HTML_BYTES = 65_536


def from_html(html: str) -> str:
    """The words a reader would see: no markup, entities decoded, block elements and ``<br>`` as line breaks."""
    raise NotImplementedError


def plain(text: str) -> str:
    """The text without NUL, other control characters (tab and line feed stay) and lone surrogates; line ends as LF."""
    raise NotImplementedError
