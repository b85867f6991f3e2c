"""Failures are told in the reader's language, with their values."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tacticeye import errors
from tacticeye.errors import (
    MatchBusyError,
    MatchNotFoundError,
    SourceError,
    TacticEyeError,
    UploadConflictError,
    WeightsError,
)
from tacticeye.stream_recording import ENDED
from tacticeye.texts.sentences import translate
from tacticeye.web_fetch import _REASONS
from tacticeye.web_pages import _EXPLANATIONS


@pytest.mark.parametrize(
    ("error", "spanish"),
    [
        (MatchNotFoundError("derby"), "No existe el partido 'derby': búscalo en la lista de partidos."),
        (
            MatchBusyError("derby", "it is being analysed; stop it first."),
            "El partido 'derby' está ocupado: se está analizando; detenlo primero.",
        ),
        (
            UploadConflictError("7f", 12, "12 bytes are here; send what follows them."),
            "La subida '7f' no puede continuar así: han llegado 12 bytes; envía lo que sigue.",
        ),
        (SourceError("a: b.mp4", "no permission to read it."), "a: b.mp4: no hay permiso para leerlo."),
        (
            WeightsError(Path("x.pt"), "there is no such file; give the path of YOLO weights (.pt)."),
            "No se pueden usar los pesos x.pt: no existe ese archivo; indica la ruta de unos pesos YOLO (.pt).",
        ),
    ],
)  # fmt: skip
def test_a_failure_is_told_in_spanish_with_its_values(error: TacticEyeError, spanish: str) -> None:
    assert translate(str(error), "es") == spanish
    assert translate(str(error), "en") == str(error)


def test_what_nobody_translated_stays_as_it_is() -> None:
    assert translate("Parser Error: syntax error at {", "es") == "Parser Error: syntax error at {"


@pytest.mark.parametrize("status", _REASONS)
def test_refusals_of_web_servers_are_told_in_spanish(status: int) -> None:
    assert translate(_REASONS[status], "es") != _REASONS[status]


@pytest.mark.parametrize("advice", _EXPLANATIONS)
def test_advice_about_pages_with_videos_is_told_in_spanish(advice: str) -> None:
    assert translate(advice, "es") != advice


def test_whatever_the_pages_can_fail_with_is_told_in_spanish(root: Path) -> None:
    """But for what only the command line and training say."""
    package = root / "tacticeye"
    heard_elsewhere = {package / "__main__.py"} | {
        path for part in ("training", "demo", "tracking_data") for path in (package / part).rglob("*.py")
    }
    untold = [
        f"{path.relative_to(root)}: {sentence}"
        for path in sorted(set(package.rglob("*.py")) - heard_elsewhere)
        for sentence in _raised(path)
        if translate(sentence, "es") == sentence
    ]
    assert not untold


def _raised(path: Path) -> Iterator[str]:
    """Sentences given to errors of ours, 7 where values stand."""
    ours = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, TacticEyeError)}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {*ours, "FetchError"}:
            expected = "expected {}." if node.func.id == "ConfigurationError" else "{}"
            for text in filter(None, map(_text, node.args)):
                if " " in text:
                    yield expected.format(text)


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts)
    return ""


@pytest.mark.parametrize(
    ("reason", "spanish"),
    [("it has reached its limit of 5 MB", "ha llegado a su límite de 5 MB"), ("the disk is nearly full", "casi lleno")],
)
def test_the_end_of_a_recording_is_told_in_spanish(reason: str, spanish: str) -> None:
    assert spanish in translate(ENDED.format(reason=reason), "es")
