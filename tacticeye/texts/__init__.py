"""Every sentence that the pages show, in one file per language: `en.toml`, `es.toml` beside this module.

A text is asked for by its key ("events.count") and filled with values by name. Where a number decides between two
forms, the singular has the same key with `_one` at its end. Errors come in English from
where they are raised; `sentences.py` translates them.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

# Code of the language and what its speakers call it. The first is the one for everybody else.
LANGUAGES = {"en": "English", "es": "Español"}


@dataclass(frozen=True)
class Texts:
    """The texts of one language. Calling it gives a text; KeyError for a key that no file has."""

    language: str
    _by_key: dict[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of that key with its {names} replaced."""
        text = self._by_key[key]
        return text.format(**values) if values else text

    def count(self, key: str, n: int, **values: object) -> str:
        """The text of that key for n things."""
        return self(f"{key}_one" if n == 1 else key, n=n, **values)

    @property
    def known(self) -> frozenset[str]:
        """All keys."""
        return frozenset(self._by_key)


@cache
def get_texts(language: str) -> Texts:
    """Of a language of LANGUAGES. Raises KeyError for any other."""
    file = files(__package__) / f"{language}.toml"
    if language not in LANGUAGES:
        raise KeyError(language)
    return Texts(language, _flat(tomllib.loads(file.read_text(encoding="utf-8"))))


def find_language(locale: str | None) -> str:
    """The language for a browser's locale ("es-MX" -> "es"), or for its list of them, the most wanted one first; the
    first of LANGUAGES where we don't have it."""
    wanted = re.split(r"[-_,;]", (locale or "").strip())[0].lower()
    return wanted if wanted in LANGUAGES else next(iter(LANGUAGES))


def _flat(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = str(value)
    return flat
