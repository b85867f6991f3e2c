"""Failures are told in the reader's language, with their values."""

from __future__ import annotations

from pathlib import Path

import pytest

from tacticeye.errors import MatchBusyError, MatchNotFoundError, SourceError, TacticEyeError, WeightsError
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
