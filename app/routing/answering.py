"""What the model makes of comments that somebody asks about: by command or by program. Nothing is stored."""

from collections.abc import Iterator, Sequence
from typing import Any

from app.inbox.types import Priority
from app.learning import judging
from app.learning.queries import InUse
from app.learning.types import Opinion
from app.routing import language


def answers(known: InUse, batch: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """One for each; a comment has a plain ``text``, and an ``id`` if its sender likes."""
    texts = [one["text"] for one in batch]
    for one, (opinion, pointed) in zip(batch, judging.explained(known.judge, texts), strict=True):
        yield _answer(one, opinion, pointed, language.detect(one["text"], known.languages))


def _answer(given: dict[str, Any], opinion: Opinion, pointed: Sequence[str], spoken: str | None) -> dict[str, Any]:
    words_seen = ", ".join(f"“{word}”" for word in pointed)
    return {
        "id": given.get("id"),
        "team": opinion.team,
        "confidence": round(opinion.confidence, 4),
        "probs": {team: round(chance, 4) for team, chance in opinion.teams.items()},
        "auto": opinion.automatic,
        "complaint": opinion.complaint,
        "refund_or_replacement_wanted": opinion.remedy,
        "sentiment": opinion.sentiment.value,
        "lang": spoken,
        "kind": opinion.kind.value,
        "priority": (Priority.HIGH if opinion.urgent else Priority.NORMAL).value,
        "reason": f"{opinion.kind.value}: {words_seen}" if words_seen else opinion.kind.value,
    }
