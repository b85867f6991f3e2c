"""Texts of the pages: complete in every language, all of them asked for, none written into the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tacticeye.labels import Labels
from tacticeye.texts import LANGUAGES, find_language, get_texts
from tacticeye.types import ControlState, EventKind, EventResult

ENGLISH = get_texts("en")
# Calls whose first argument is a key.
ASKS = {"say", "texts", "count"}
# Calls that show their first argument, or these keywords, to the reader.
SHOWS = {
    "title", "header", "subheader", "caption", "write", "markdown", "text", "button", "link_button", "download_button",
    "form_submit_button", "radio", "selectbox", "multiselect", "pills", "segmented_control", "slider", "select_slider",
    "text_input", "text_area", "number_input", "checkbox", "toggle", "expander", "popover", "color_picker", "metric",
    "info", "warning", "error", "success", "toast", "heading", "hint", "empty", "no_frame", "file_uploader", "dialog",
    "date_input", "data_editor", "status", "spinner", "progress", "Page",
}  # fmt: skip
SHOWN_KEYWORDS = {"label", "title", "help", "placeholder", "caption", "text"}


def sources(root: Path) -> list[Path]:
    package = root / "tacticeye"
    return [
        *sorted((root / "pages").glob("*.py")),
        *sorted((package / "dashboard").glob("*.py")),
        *(
            package / f"{name}.py"
            for name in (
                "charts",
                "pass_charts",
                "pitch_charts",
                "shape_charts",
                "possession_charts",
                "report",
                "labels",
            )
        ),
    ]


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Name of what is called (without its object), and the call."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    yield name, node


def asked(path: Path) -> Iterator[tuple[str, bool]]:
    """Keys asked for, as far as the code tells: a whole key, or the part before the first value of an f-string."""
    for name, call in calls(path):
        if name in ASKS and call.args:
            for part in ast.walk(call.args[0]):
                match part:
                    case ast.JoinedStr(values=[ast.Constant(value=str(prefix)), *_]):
                        yield prefix, False
                    case ast.Constant(value=str(key)) if re.fullmatch(r"[a-z_]+([.][a-z0-9_]*[a-z0-9])+", key):
                        yield key, True


def names_in(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing_in_any_language(language: str) -> None:
    assert get_texts(language).known == ENGLISH.known


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_has_the_same_values_in_every_language(language: str) -> None:
    texts = get_texts(language)
    differing = [key for key in ENGLISH.known if names_in(texts(key)) != names_in(ENGLISH(key))]
    assert not differing
    assert not [key for key in texts.known if not texts(key).strip()]


def test_every_text_that_the_code_asks_for_is_there(root: Path) -> None:
    missing = {
        f"{path.name}: {key}"
        for path in sources(root)
        for key, is_whole in asked(path)
        if (is_whole and key not in ENGLISH.known)
        or (not is_whole and not any(known.startswith(key) for known in ENGLISH.known))
    }
    assert not missing


def test_no_text_is_left_that_nobody_asks_for(root: Path) -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources(root)).replace("'", '"')
    prefixes = set(re.findall(r"f\"([a-z_]+[.])", code))
    unused = [
        key
        for key in ENGLISH.known
        if f'"{key.removesuffix("_one")}"' not in code and not any(key.startswith(prefix) for prefix in prefixes)
    ]
    assert not unused


def test_pages_show_no_words_of_their_own(root: Path) -> None:
    written = set()
    for path in sources(root):
        for name, call in calls(path):
            shown = [*call.args[:1]] if name in SHOWS else []
            shown += [k.value for k in call.keywords if k.arg in SHOWN_KEYWORDS]
            for argument in shown:
                text = argument.value if isinstance(argument, ast.Constant) else None
                if (
                    isinstance(text, str)
                    and re.search(r"[A-Za-z]{3,}", text)
                    and not text.startswith(("TacticEYE", "/", "https:"))
                ):
                    written.add(f"{path.name}:{call.lineno}: {text}")
    assert not written


@pytest.mark.parametrize(
    ("locale", "language"),
    [("es-MX", "es"), ("es", "es"), ("en-GB", "en"), ("fr-FR", "en"), ("es,en;q=0.8", "es"), (None, "en"), ("", "en")],
)
def test_the_browser_s_language_decides(locale: str | None, language: str) -> None:
    assert find_language(locale) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_an_analysis_finds_has_a_name(language: str) -> None:
    labels = Labels(get_texts(language))
    assert all(labels.kind(kind) for kind in EventKind)
    assert all(labels.result(result) for result in EventResult if result)
    assert all(labels.state(state) for state in ControlState)


def test_teams_of_one_name_are_told_apart() -> None:
    first, second = Labels(ENGLISH, teams=("United", "United")).both_teams()
    assert first != second
