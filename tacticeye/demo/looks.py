"""What people wear: kits, skin, hair. Colours are BGR 0..255, as OpenCV draws them."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

Colour = tuple[int, int, int]

SKINS: tuple[Colour, ...] = (
    (178, 200, 232), (150, 178, 214), (128, 160, 205), (104, 138, 184), (80, 110, 155), (58, 82, 122), (42, 60, 92),
)  # fmt: skip
HAIRS: tuple[Colour, ...] = ((22, 22, 24), (28, 36, 50), (40, 60, 88), (60, 100, 140), (110, 165, 200), (90, 90, 92))
BOOTS: tuple[Colour, ...] = (
    (30, 30, 30),
    (235, 235, 235),
    (60, 230, 240),
    (60, 60, 230),
    (240, 160, 40),
    (120, 60, 240),
)


class Pattern(StrEnum):
    """How the second colour lies on the shirt."""

    PLAIN = "plain"
    STRIPES = "stripes"
    HOOPS = "hoops"
    HALVES = "halves"
    SLEEVES = "sleeves"
    BAND = "band"


@dataclass(frozen=True)
class Kit:
    """One set of clothes."""

    shirt: Colour
    second: Colour
    shorts: Colour
    socks: Colour
    number: Colour
    pattern: Pattern = Pattern.PLAIN


@dataclass(frozen=True)
class Look:
    """One person's appearance. height_m; build: width relative to the average; shirt_number 0: none."""

    kit: Kit
    skin: Colour
    hair: Colour
    boots: Colour
    shirt_number: int
    height_m: float = 1.8
    build: float = 1.0
    is_bald: bool = False
    has_long_sleeves: bool = False
    gloves: Colour | None = None


def bgr(hue: float, saturation: float, value: float) -> Colour:
    """Hue, saturation and value 0..1 as BGR."""
    r, g, b = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return round(255 * b), round(255 * g), round(255 * r)


def luminance(colour: Colour) -> float:
    """0..255."""
    return 0.114 * colour[0] + 0.587 * colour[1] + 0.299 * colour[2]


def contrasting(colour: Colour) -> Colour:
    """Near white on dark colours, near black on light ones."""
    return (240, 240, 240) if luminance(colour) < 120 else (25, 25, 30)


def random_kit(rng: np.random.Generator, avoid: tuple[Colour, ...] = ()) -> Kit:
    """A kit whose shirt is at least clearly different from the shirts in `avoid`."""
    shirt = _random_shirt(rng)
    for _ in range(40):
        if all(np.abs(np.subtract(shirt, other)).sum() > 150 for other in avoid):
            break
        shirt = _random_shirt(rng)
    second = _random_shirt(rng) if rng.random() < 0.7 else contrasting(shirt)
    shorts = (shirt, second, contrasting(shirt), (240, 240, 240), (25, 25, 30))[int(rng.integers(5))]
    socks = (shirt, second, shorts, (240, 240, 240), (25, 25, 30))[int(rng.integers(5))]
    pattern = Pattern.PLAIN if rng.random() < 0.45 else list(Pattern)[int(rng.integers(len(Pattern)))]
    return Kit(shirt, second, shorts, socks, contrasting(shirt), pattern)


def _random_shirt(rng: np.random.Generator) -> Colour:
    kind = rng.random()
    if kind < 0.18:
        value = rng.uniform(0.85, 0.98)
        return bgr(rng.random(), rng.uniform(0.0, 0.06), value)
    if kind < 0.33:
        return bgr(rng.random(), rng.uniform(0.0, 0.35), rng.uniform(0.06, 0.18))
    if kind < 0.45:
        return bgr(rng.uniform(0.55, 0.68), rng.uniform(0.6, 1.0), rng.uniform(0.2, 0.7))
    return bgr(rng.random(), rng.uniform(0.55, 1.0), rng.uniform(0.4, 1.0))


def random_look(rng: np.random.Generator, kit: Kit, shirt_number: int, *, is_keeper: bool = False) -> Look:
    """Someone in `kit`: skin, hair, boots and build drawn from `rng`."""
    gloves = (bgr(rng.random(), 0.8, 0.95) if rng.random() < 0.6 else (235, 235, 235)) if is_keeper else None
    return Look(
        kit=kit,
        skin=SKINS[int(rng.integers(len(SKINS)))],
        hair=HAIRS[int(rng.choice(len(HAIRS), p=(0.34, 0.24, 0.18, 0.1, 0.1, 0.04)))],
        boots=BOOTS[int(rng.integers(len(BOOTS)))],
        shirt_number=shirt_number,
        height_m=float(np.clip(rng.normal(1.82, 0.06), 1.66, 1.98)),
        build=float(rng.uniform(0.92, 1.12)),
        is_bald=bool(rng.random() < 0.1),
        has_long_sleeves=is_keeper or bool(rng.random() < 0.12),
        gloves=gloves,
    )
