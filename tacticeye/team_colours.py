"""Colours to draw two teams in: those of their kits made readable on the page, or a pair that all can tell apart.

Colours are '#rrggbb' outside and arrays of three float64 0..1 (sRGB) inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_OKABE_ITO_LIGHT = ("#0072b2", "#c25700")
_OKABE_ITO_DARK = ("#56b4e9", "#e69f00")
_NEUTRAL = {False: "#dfe4dd", True: "#2c3832"}
_TEXT = {False: "#1a221d", True: "#e6ece8"}
_BACKGROUND = {False: "#fbfbf9", True: "#0f1412"}
# WCAG 2.2, 1.4.11: graphics need 3:1 against what they lie on.
_LEAST_CONTRAST = 3.0
# Euclidean distance in OKLab below which two team colours are taken for one, also for red-green blind eyes.
_LEAST_DIFFERENCE = 0.13
# How far, of the way to black or white, a kit's colour may be pushed: beyond, it is no longer recognised as the kit's.
_PUSHES = (0.0, 0.12, 0.24, 0.36)


@dataclass(frozen=True)
class TeamColours:
    """Colours to draw the teams in, readable on the page: '#rrggbb'.

    shirts: what was seen, for swatches; None not known yet. follows_kits: False where kits were too alike or unknown.
    """

    teams: tuple[str, str]
    shirts: tuple[str | None, str | None]
    neutral: str
    background: str
    follows_kits: bool
    text: str = "#1a221d"


def team_colours(kits: Mapping[int, tuple[int, int, int]], is_dark: bool) -> TeamColours:
    """Kit colours made readable on the page, or a colour-blind-safe pair where kits are unknown or too alike.

    kits: shirt colour by team, channels 0..255.
    """
    by_team = {team: np.asarray(rgb, np.float64) / 255 for team, rgb in kits.items() if team in (0, 1)}
    shirts = (_hex(by_team.get(0)), _hex(by_team.get(1)))
    fallback = _OKABE_ITO_DARK if is_dark else _OKABE_ITO_LIGHT
    neutral, background = _NEUTRAL[is_dark], _BACKGROUND[is_dark]
    if len(by_team) == 2:
        first, second = (_readable(by_team[team], _rgb(background)) for team in (0, 1))
        pair = _told_apart(first, second, _rgb(background))
        if pair is not None:
            return TeamColours(
                (str(_hex(pair[0])), str(_hex(pair[1]))), shirts, neutral, background, True, _TEXT[is_dark]
            )
    return TeamColours(fallback, shirts, neutral, background, False, _TEXT[is_dark])


def blend(background: str, colour: str, strength: NDArray[np.float64]) -> list[str]:
    """Colours between the two, one for each strength (N,) 0..1."""
    ground, top = _rgb(background), _rgb(colour)
    mixed = np.rint(255 * (ground + (top - ground) * strength[:, None])).astype(int)
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in mixed.tolist()]


def channels(colour: str) -> tuple[int, int, int]:
    """'#rrggbb' as 0..255."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def _hex(rgb: NDArray[np.float64] | None) -> str | None:
    if rgb is None:
        return None
    return "#" + "".join(f"{round(float(channel) * 255):02x}" for channel in np.clip(rgb, 0, 1))


def _rgb(text: str) -> NDArray[np.float64]:
    return np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)], np.float64) / 255


def _linear(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB 0..1 to linear light (IEC 61966-2-1)."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def _contrast(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Contrast ratio of WCAG 2, from 1 to 21."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    light = sorted((float(_linear(first) @ weights), float(_linear(second) @ weights)))
    return (light[1] + 0.05) / (light[0] + 0.05)


def _readable(rgb: NDArray[np.float64], background: NDArray[np.float64]) -> NDArray[np.float64]:
    """The colour moved towards black or white, whichever the background isn't, until it stands out enough."""
    target = _far_end(background)
    for share in np.linspace(0, 1, 41):
        mixed: NDArray[np.float64] = rgb + (target - rgb) * float(share)
        if _contrast(mixed, background) >= _LEAST_CONTRAST:
            return mixed
    return target


def _told_apart(
    first: NDArray[np.float64], second: NDArray[np.float64], background: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The two, the one that stands out more pushed further from the page where they were alike; None where in vain."""
    target = _far_end(background)
    pushes_first = _contrast(first, background) >= _contrast(second, background)
    for share in _PUSHES:
        pushed = [
            colour + (target - colour) * share * moves
            for colour, moves in ((first, pushes_first), (second, not pushes_first))
        ]
        if _difference(pushed[0], pushed[1]) >= _LEAST_DIFFERENCE:
            return pushed[0], pushed[1]
    return None


def _far_end(background: NDArray[np.float64]) -> NDArray[np.float64]:
    """Black on a light page, white on a dark one."""
    return np.zeros(3) if background.mean() > 0.5 else np.ones(3)


def _difference(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Smaller of the OKLab distances seen by normal and by deuteranopic eyes."""
    # Machado, Oliveira, Fernandes 2009, deuteranopia at severity 1.0, for linear RGB.
    blind = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]])
    pair = [_linear(first), _linear(second)]
    seen = [[light for light in pair], [np.clip(blind @ light, 0, 1) for light in pair]]
    return min(float(np.linalg.norm(_oklab(a) - _oklab(b))) for a, b in seen)


def _oklab(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear RGB to OKLab (Ottosson 2020)."""
    to_cones = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                         [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
    to_lab = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                       [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip
    return np.asarray(to_lab @ np.cbrt(to_cones @ linear), np.float64)
