"""How often the question after an apology is asked rightly, in both languages. Sentences are our own."""

import pytest

from app.remedies import apologies

PROMISES = """
I am so sorry about this.
We apologise for the trouble.
Please accept our apologies.
That was our mistake, it should not have happened.
We will refund the full amount.
You get your money back this week.
We will send you a new lamp today.
A replacement is on its way.
We'd like to make it up to you with a voucher.
Let us put this right.
We will get back to you by Friday.
I regret that your order was late.
Das tut uns sehr leid.
Wir bitten um Entschuldigung.
Entschuldigen Sie bitte die Umstände.
Das war unser Fehler.
Wir erstatten den Betrag.
Sie bekommen Ihr Geld zurück.
Wir schicken Ihnen ein neues Gerät.
Ersatz ist schon unterwegs.
Als Wiedergutmachung gibt es einen Gutschein.
Wir kümmern uns darum und melden uns.
Sorry, da ist etwas schiefgelaufen.
Wir bringen das in Ordnung und klären das heute.
""".strip().splitlines()

HARMLESS = """
Thank you, that makes our day!
We are open from nine to six.
You find the recipe on our blog.
The parcel left yesterday and arrives on Tuesday.
No need to apologise, thank you for telling us!
Our refund policy is linked below the article.
Glad you like it.
Yes, it comes in blue as well.
Please write to us with your order number in a private message.
The lamp needs a bulb with a small socket.
Sorry to see you go, you are welcome back any time.
We deliver to Austria and Switzerland.
Danke, das freut uns sehr!
Wir haben von neun bis achtzehn Uhr geöffnet.
Das Rezept steht im Blog.
Das Paket kommt am Dienstag.
Keine Ursache!
Die Lampe gibt es auch in Blau.
Bitte schreiben Sie uns eine private Nachricht.
Wir liefern auch nach Österreich.
Schön, dass es gefällt.
Die Anleitung liegt bei.
Ab Montag ist der Laden wieder offen.
Dazu passt eine kleine Fassung.
""".strip().splitlines()

COMPLAINTS = """
My lamp arrived broken.
Where is my order? I have been waiting for three weeks.
This is unacceptable, I want my money back.
The zip is faulty after two days.
You charged me twice.
Die Lampe ist kaputt angekommen.
Meine Bestellung ist noch nicht da.
Das ist eine Frechheit, ich will mein Geld zurück.
Der Reißverschluss ist nach zwei Tagen defekt.
Es wurde doppelt abgebucht.
""".strip().splitlines()

PRAISE = """
What a lovely garden!
Do you deliver to Spain?
I baked it twice and it was wonderful.
When does the shop open?
Was für ein schöner Garten!
Liefert ihr auch nach Spanien?
Das Rezept ist wunderbar.
Wann macht der Laden auf?
""".strip().splitlines()


def share(found: list[bool]) -> float:
    return sum(found) / len(found)


def test_apologies_and_promises_are_seen() -> None:
    assert share([apologies.promised(one) is not None for one in PROMISES]) >= 0.95


def test_false_alarms_are_rare() -> None:
    assert share([apologies.promised(one) is not None for one in HARMLESS]) <= 0.05


def test_complaints_are_told_from_praise() -> None:
    assert share([apologies.complains([one]) for one in COMPLAINTS]) >= 0.9
    assert share([apologies.complains([one]) for one in PRAISE]) <= 0.1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SORRY!", "sorry"),
        ("Wir entschuldigen uns", "entschuldigen"),
        ("We’ll fix it", "we'll fix"),
        ("tut\nuns   leid", "tut uns leid"),
        ("a sorrysight", None),
        ("", None),
    ],
)
def test_case_marks_and_spaces_do_not_matter(text: str, found: str | None) -> None:
    assert apologies.promised(text) == found


def test_phrases_of_ones_own_are_looked_for_too() -> None:
    assert apologies.promised("Here is a free cup of coffee", ["free cup*"]) == "free cup"
    assert apologies.promised("anything", ["*", " "]) is None


def test_a_long_text_costs_little() -> None:
    assert apologies.promised("so " * 1_000_000) is None
