"""Words that several pages use for the states of a match, and figures as text."""

from __future__ import annotations

from datetime import datetime
from math import isnan

from tacticeye.charts import clock
from tacticeye.match_queue import MatchStatus
from tacticeye.service import MatchCard

UNKNOWN = "–"  # noqa: RUF001
PRESET_NAMES = {"vod": "Recorded match", "live": "Quick look", "detailed": "Detailed"}
PRESET_SENTENCES = {
    "vod": "The balance for a recording: about six looks a second, results every 5 seconds of video.",
    "live": "First results soonest: five looks a second, results every 2 seconds of video.",
    "detailed": "Finds more of the ball and of distant players for about four times the work: for a GPU, or overnight.",
}
DEMO_SENTENCE = "A short synthetic match that comes with TacticEYE: see every page at work within a minute."
HEATMAP_NOTE = (
    "Image space (camera view), not the pitch: the camera moves, so this is where in the picture players stood, "
    "not where on the field."
)

# Without news for longer than this a worker is late: a batch takes seconds even on slow machines.
_LATE_S = 60.0


def status_name(card: MatchCard) -> str:
    """The status in a word or two."""
    if card.status is MatchStatus.WAITING:
        return f"In the queue, place {card.queue_place}" if card.queue_place else "Starting"
    if card.status is MatchStatus.STOPPED and card.batch_idx < 0:
        return "Not started"
    return {MatchStatus.RUNNING: "Analysing", MatchStatus.STOPPING: "Stopping"}.get(
        card.status, card.status.value.capitalize()
    )


def status_sentence(card: MatchCard) -> str:
    """What the status means for the user, or what to do now; empty where there is nothing to add."""
    if card.message:
        return card.message
    waiting = (
        "Another match is being analysed; this one starts by itself when its turn comes."
        if card.queue_place
        else "The analysis is starting: loading the model takes a few seconds."
    )
    late = f"No news for {_duration(card.quiet_s)}: the machine may be busy." if card.quiet_s > _LATE_S else ""
    stopped = (
        f"Stopped at {clock(card.t_s)}. Resume goes on from there."
        if card.batch_idx >= 0
        else "The analysis has not begun yet."
    )
    return {
        MatchStatus.WAITING: waiting,
        MatchStatus.RUNNING: late,
        MatchStatus.STOPPING: "It stops as soon as the stretch in hand is done; what is finished is kept.",
        MatchStatus.STOPPED: stopped,
    }.get(card.status, "")


def progress_facts(card: MatchCard) -> list[str]:
    """Progress, speed, time left and lag, as far as they are known, and since when the match is here."""
    facts = [f"{clock(card.t_s)} of {clock(card.total_s)}" if card.total_s > 0 else f"{clock(card.t_s)} analysed"]
    if card.status is MatchStatus.FINISHED:
        facts = [f"{clock(card.t_s)} of video"]
    if card.speed > 0:
        facts.append(f"{'' if card.status.is_active else 'analysed at '}{card.speed:.1f} × real time")  # noqa: RUF001
    if card.status is MatchStatus.RUNNING:
        if card.speed > 0 and card.total_s > card.t_s:
            facts.append(f"about {_duration((card.total_s - card.t_s) / card.speed)} left")
        facts.append(f"updated {_duration(card.quiet_s)} ago")
    if not card.status.is_active:
        facts.append(f"added {datetime.fromtimestamp(card.created_at):%d %b %Y, %H:%M}")
    return facts


def resume_label(card: MatchCard) -> str:
    """What the button that starts a standing match is called."""
    return "Start" if card.batch_idx < 0 and card.status is MatchStatus.STOPPED else "Resume"


def percent(share: float) -> str:
    """0..1 as a whole percentage; a dash for NaN."""
    return UNKNOWN if isnan(share) else f"{share:.0%}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
