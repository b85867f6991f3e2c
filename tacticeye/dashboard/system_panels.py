"""Blocks of HTML of the System and Compare pages; as panels.py, everything that may come from outside is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from html import escape
from math import isnan

from tacticeye.charts import clock
from tacticeye.compare import Figures
from tacticeye.dashboard.panels import panel, table
from tacticeye.dashboard.words import UNKNOWN, duration, percent, status_name
from tacticeye.labels import match_title
from tacticeye.self_check import SelfCheck
from tacticeye.service import MatchCard, Room
from tacticeye.system_info import Disk, Machine, Model
from tacticeye.texts import Texts

_GB = 1 << 30
_MB = 1 << 20
_SHARES = ("control_share", "accuracy", "seen_share")


def comparison(left: tuple[str, str, Figures], right: tuple[str, str, Figures], texts: Texts) -> str:
    """Name, colour and figures of two sides, each figure as two bars on one axis."""
    rows = []
    for field in fields(Figures):
        values = [getattr(side[2], field.name) for side in (left, right)]
        known = [value for value in values if not isnan(value)]
        whole = 1.0 if field.name in _SHARES else max([*known, 1e-9])
        bars = "".join(
            _bar(field.name, value, whole, side[1]) for value, side in zip(values, (left, right), strict=True)
        )
        rows.append(f'<div class="te-compare"><div>{escape(texts(f"compare.{field.name}"))}</div>{bars}</div>')
    names = "".join(
        f'<span><span class="te-swatch" style="background:{colour}"></span>{escape(name)}</span>'
        for name, colour, _ in (left, right)
    )
    return panel(texts("menu.compare"), f'<div class="te-row te-small">{names}</div>{"".join(rows)}')


def _bar(name: str, value: float, whole: float, colour: str) -> str:
    shown = _shown(name, value)
    width = 0.0 if isnan(value) else 100 * value / whole
    return (
        f'<div class="te-compare-bar"><span style="width:{width:.1f}%;background:{colour}"></span></div>'
        f'<div class="te-number">{shown}</div>'
    )


def _shown(name: str, value: float) -> str:
    if isnan(value):
        return UNKNOWN
    if name == "control_minutes":
        return clock(60 * value)
    return f"{value:.0%}" if name in _SHARES else f"{value:.1f}".removesuffix(".0")


def workers(cards: Sequence[MatchCard], room: Room, texts: Texts) -> str:
    """Matches at work and in the queue, and how many there is room for."""
    active = [card for card in cards if card.status.is_active]
    rows = [(escape(match_title(card.title, texts)), escape(_state(card, texts))) for card in active]
    body = table(rows) if rows else f'<div class="te-small te-muted">{escape(texts("system.idle"))}</div>'
    limit = texts(f"system.limit_{room.limit.value}", places=room.places)
    return panel(texts("system.workers"), f'{body}<div class="te-small te-muted">{escape(limit)}</div>')


def _state(card: MatchCard, texts: Texts) -> str:
    speed = f" · {texts('progress.speed', speed=f'{card.speed:.1f}')}" if card.speed > 0 else ""
    return status_name(card, texts) + speed


def machine(now: Machine, disk: Disk, texts: Texts) -> str:
    """Load, memory, disk and cards."""
    rows = [
        (texts("system.cores"), texts("system.cores_load", cores=now.cores, load=f"{now.load:.1f}")),
        (texts("system.memory"), _of(now.memory_free, now.memory_total, texts)),
        (texts("system.disk"), _of(disk.free, disk.total, texts)),
        (texts("system.matches"), f"{disk.matches / _GB:.2f} GB"),
        (texts("system.gpu"), escape(", ".join(now.gpus)) or texts("system.no_gpu")),
    ]
    return panel(texts("system.machine"), table(rows))


def _of(free: int, total: int, texts: Texts) -> str:
    return texts("system.free", free=f"{free / _GB:.1f}", total=f"{total / _GB:.0f}")


def models(found: Sequence[Model], texts: Texts) -> str:
    """The weights that are here."""
    rows = [(escape(model.name), f"{model.size / _MB:.1f} MB") for model in found]
    body = table(rows) if rows else f'<div class="te-small te-muted">{escape(texts("system.no_models"))}</div>'
    return panel(texts("system.models"), body)


def versions(found: Mapping[str, str], texts: Texts) -> str:
    """Packages with their versions."""
    return panel(texts("system.versions"), table([(escape(name), escape(text)) for name, text in found.items()]))


def self_check(result: SelfCheck, card: MatchCard, texts: Texts) -> str:
    """How well the demo match was understood."""
    rows = [
        (texts("system.check_control"), percent(result.control)),
        (texts("system.check_found", n=result.n_passes), percent(result.passes_found)),
        (texts("system.check_right"), percent(result.passes_right)),
        (texts("system.check_speed"), texts("progress.speed", speed=f"{card.speed:.1f}") if card.speed else UNKNOWN),
    ]
    took = duration(card.t_s / card.speed, texts) if card.speed else ""
    return panel(match_title(card.title, texts), table(rows), aside=escape(took))
