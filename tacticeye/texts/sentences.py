"""Sentences that arise in English where something fails, in the reader's language: `sentences.es.toml` beside this.

A failure is stored and sent between processes as its sentence, so it is told apart by the sentence itself. {names} of a
template stand for values, which stay as they are; {n} for a number alone. A sentence that no template fits
is shown as it is.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files


def translate(sentence: str, language: str) -> str:
    """The sentence in that language; unchanged in English and where it isn't known."""
    return _find(sentence, language) or sentence


def _find(sentence: str, language: str) -> str | None:
    """The translation; None where there is none. What stands before a colon may be the source that failed."""
    for pattern, template in _templates(language):
        if found := pattern.fullmatch(sentence):
            return template.format(**found.groupdict())
    for colon in re.finditer(": ", sentence):
        if reason := _find(sentence[colon.end() :], language):
            subject = sentence[: colon.start()]
            return f"{_find(subject, language) or subject}: {reason}"
    return None


@cache
def _templates(language: str) -> list[tuple[re.Pattern[str], str]]:
    if language != "es":
        return []
    text = (files(__package__) / "sentences.es.toml").read_text(encoding="utf-8")
    return [(_pattern(english), foreign) for english, foreign in tomllib.loads(text)["sentences"]]


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"{(\w+)}", template)
    stands_for = {part: r"[\d.]+" if part == "n" else ".+?" for part in parts[1::2]}
    return re.compile(
        "".join(f"(?P<{part}>{stands_for[part]})" if n % 2 else re.escape(part) for n, part in enumerate(parts)),
        re.DOTALL,
    )
