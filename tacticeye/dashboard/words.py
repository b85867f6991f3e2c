"""Words that several pages use for the states of a match, and figures as text."""

from __future__ import annotations

import re
from datetime import datetime
from math import isnan

from tacticeye.charts import clock
from tacticeye.match_queue import MatchStatus
from tacticeye.service import MatchCard
from tacticeye.texts import Texts
from tacticeye.texts.sentences import translate

UNKNOWN = "–"  # noqa: RUF001

# Without news for longer than this a worker is late: a batch takes seconds even on slow machines.
_LATE_S = 60.0


def status_name(card: MatchCard, texts: Texts) -> str:
    """The status in a word or two."""
    if card.status is MatchStatus.WAITING and card.queue_place:
        return texts("status.waiting_in_queue", place=card.queue_place)
    if card.status is MatchStatus.STOPPED and card.batch_idx < 0:
        return texts("status.not_started")
    return texts(f"status.{card.status.value}")


def status_sentence(card: MatchCard, texts: Texts) -> str:
    """What the status means for the user, or what to do now; empty where there is nothing to add."""
    if card.message:
        return translate(card.message, texts.language)
    is_late = card.quiet_s > _LATE_S
    is_begun = card.batch_idx >= 0
    return {
        MatchStatus.WAITING: texts("status.sentence_queue" if card.queue_place else "status.sentence_starting"),
        MatchStatus.RUNNING: texts("status.sentence_late", duration=duration(card.quiet_s, texts)) if is_late else "",
        MatchStatus.STOPPING: texts("status.sentence_stopping"),
        MatchStatus.STOPPED: texts("status.sentence_stopped", time=clock(card.t_s))
        if is_begun
        else texts("status.sentence_not_begun"),
    }.get(card.status, "")


def progress_facts(card: MatchCard, texts: Texts) -> list[str]:
    """Progress, speed, time left and lag, as far as they are known, and since when the match is here."""
    time = clock(card.t_s)
    facts = [
        texts("progress.of", time=time, total=clock(card.total_s))
        if card.total_s > 0
        else texts("progress.so_far", time=time)
    ]
    if card.status is MatchStatus.FINISHED:
        facts = [texts("progress.video", time=time)]
    if card.speed > 0:
        key = "progress.speed" if card.status.is_active else "progress.speed_was"
        facts.append(texts(key, speed=f"{card.speed:.1f}"))
    if card.status is MatchStatus.RUNNING:
        if card.speed > 0 and card.total_s > card.t_s:
            left_s = (card.total_s - card.t_s) / card.speed
            facts.append(texts("progress.left", duration=duration(left_s, texts)))
        facts.append(texts("progress.updated", duration=duration(card.quiet_s, texts)))
    if not card.status.is_active:
        added = datetime.fromtimestamp(card.created_at)
        facts.append(texts("progress.added", date=f"{added:%Y-%m-%d, %H:%M}"))
    return facts


def resume_label(card: MatchCard, texts: Texts) -> str:
    """What the button that starts a standing match is called."""
    return texts("action.start" if card.batch_idx < 0 and card.status is MatchStatus.STOPPED else "action.resume")


def percent(share: float) -> str:
    """0..1 as a whole percentage; a dash for NaN."""
    return UNKNOWN if isnan(share) else f"{share:.0%}"


def duration(seconds: float, texts: Texts) -> str:
    """A stretch of time in its handiest unit."""
    if seconds < 90:
        return texts("progress.seconds", n=f"{seconds:.0f}")
    if seconds < 5400:
        return texts("progress.minutes", n=f"{seconds / 60:.0f}")
    return texts("progress.hours", n=f"{seconds / 3600:.1f}")


def plain(text: str) -> str:
    """What a user typed, for widgets whose labels are Markdown: shown as it is, without markup, links or icons.

    The entries of a selectbox are no Markdown, and would show the backslashes.
    """
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~:$&^=])", r"\\\1", text)
