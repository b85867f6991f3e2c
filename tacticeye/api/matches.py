"""The routes of matches: start, look, stop, resume, delete. Tables become JSON here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi import Path as PathPart
from fastapi.responses import FileResponse

from tacticeye.api import models
from tacticeye.api.recent import Recent
from tacticeye.config import PACKAGE_PARENT, Settings
from tacticeye.errors import ConfigurationError, MatchBusyError
from tacticeye.gap import GapReason
from tacticeye.ledger import Period
from tacticeye.match_listings import EventFilter, Page, PositionFilter
from tacticeye.match_queue import MatchStatus
from tacticeye.service import MatchCard, Service
from tacticeye.types import ControlState, EventKind, EventResult, Role

MAX_PAGE = 10_000
MAX_ID = 2**31 - 1
MAX_FRAME = 2**53
_TURNOVERS = {EventKind.INTERCEPTION.value, EventKind.RECOVERY.value}

router = APIRouter(tags=["matches"])
_recent: Recent[Any] = Recent()

ServiceNow = Annotated[Service, Depends(Service.from_environment)]
MatchId = Annotated[str, PathPart(examples=["derby"])]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="so many at most; `total` says how many there are")]
Offset = Annotated[int, Query(ge=0, le=MAX_FRAME, description="how many to pass over: those of earlier pages")]
Batch = Annotated[int | None, Query(ge=0, le=MAX_ID)]
Frame = Annotated[int, Query(ge=0, le=MAX_FRAME)]
Team = Annotated[int | None, Query(ge=-1, le=1, description="0 or 1; -1: those whose team isn't sure")]
# 503: the database is busy, ask again; 507: it can't be read, or the disk is full.
_FOUND: dict[int | str, dict[str, Any]] = {status: {"model": models.Problem} for status in (404, 422, 503, 507)}
_CHANGED: dict[int | str, dict[str, Any]] = {**_FOUND, 409: {"model": models.Problem}}
# 400 is FastAPI's answer to a body that no JSON reader gets through: not UTF-8, or nested without end.
_BEGUN: dict[int | str, dict[str, Any]] = {**_CHANGED, **{status: {"model": models.Problem} for status in (400, 413)}}


@router.post("/analyze", status_code=201, response_model=models.MatchInfo, responses=_BEGUN)
def analyze(wanted: models.AnalyzeRequest, service: ServiceNow) -> models.MatchInfo:
    """Begins the analysis of an upload or a link, or puts it in the queue."""
    overrides: dict[str, Any] = {
        name: value
        for name in ("batch_size_seconds", "conf_threshold", "max_batches")
        if (value := getattr(wanted, name)) is not None
    }
    if wanted.keep_stream:
        overrides["keep_stream"] = True
    if wanted.model_path is not None:
        overrides["model_path"] = str(_find_weights(wanted.model_path))
    if (wanted.file_id is None) == (wanted.source_url is None):
        raise HTTPException(422, "Give either file_id, of an upload, or source_url, a link.")
    preset, match_id, title = wanted.preset.value, wanted.match_id, wanted.title
    if wanted.file_id is not None:
        created = service.add_finished_upload(wanted.file_id, preset, match_id, title, **overrides)
    else:
        created = service.add_link(str(wanted.source_url), preset, wanted.source_type, match_id, title, **overrides)
    return match_info(service.status(created))


@router.get("/matches", response_model=models.MatchList)
def matches(service: ServiceNow) -> models.MatchList:
    """All matches, newest first."""
    service.tend()
    return models.MatchList(matches=[match_info(card) for card in service.list_matches()])


@router.get("/match/{match_id}/summary", response_model=models.Summary, responses=_FOUND)
def summary(match_id: MatchId, service: ServiceNow) -> Any:
    """The figures so far."""
    return _recent.get((service.data_dir, match_id, "summary"), lambda: service.summary(match_id))


@router.get("/match/{match_id}/status", response_model=models.MatchInfo, responses=_FOUND)
def status(match_id: MatchId, service: ServiceNow) -> models.MatchInfo:
    """How the match stands and how far it is."""
    service.tend()
    return match_info(service.status(match_id))


@router.get("/match/{match_id}/events", response_model=models.EventList, responses=_FOUND)
def events(
    match_id: MatchId,
    service: ServiceNow,
    batch_from: Batch = None,
    batch_to: Batch = None,
    kinds: Annotated[list[models.HappeningKind] | None, Query()] = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> models.EventList:
    """What happened, in order of time.

    batch_from, batch_to: first and last batch by the time they cover. An event comes to light some seconds after it
    happened, so the newest batches gain events for a while.
    """
    wanted = EventFilter(kinds and [kind.value.upper() for kind in kinds], batch_from, batch_to, limit, offset)
    page = _recent.get((service.data_dir, match_id, str(wanted)), lambda: service.events_page(match_id, wanted))
    return models.EventList(
        match_id=match_id, total=page.total, limit=limit, offset=offset, events=_event_items(page.rows)
    )


@router.get("/match/{match_id}/periods", response_model=models.Periods, responses=_FOUND)
def periods(match_id: MatchId, service: ServiceNow) -> models.Periods:
    """Kick-off and end of each period and which way the teams attack, as users told it, and what play suggests."""
    told = service.overrides(match_id).periods
    guess = _recent.get((service.data_dir, match_id, "periods"), lambda: service.pitch.guess_periods(match_id))
    return models.Periods(
        match_id=match_id,
        periods=_period_items(told),
        guess=_period_items(guess.periods),
        half_time_told_by=guess.half_time,
    )


@router.get("/match/{match_id}/positions", response_model=models.PositionList, responses=_FOUND)
def positions(
    match_id: MatchId,
    service: ServiceNow,
    frame_from: Frame = 0,
    frame_to: Frame | None = None,
    player_id: Annotated[int | None, Query(ge=-1, le=MAX_ID)] = None,
    team_id: Team = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> models.PositionList:
    """Who was where, in order of frames; both frames of the range are included."""
    page = service.positions_page(match_id, PositionFilter(frame_from, frame_to, player_id, team_id, limit, offset))
    return models.PositionList(
        match_id=match_id, total=page.total, limit=limit, offset=offset, positions=_position_items(page)
    )


@router.get("/match/{match_id}/possession", response_model=models.Possession, responses=_FOUND)
def possession(match_id: MatchId, service: ServiceNow) -> models.Possession:
    """Who had the ball when, and how that added up."""
    key = (service.data_dir, match_id, "possession")
    figures = _recent.get(key, lambda: service.possession_figures(match_id))
    spans = [
        models.SpanItem(state=ControlState(row.state), player_id=row.track, start=row.start_s, end=row.end_s)
        for row in figures.spans.itertuples()
    ]
    curve = [
        models.CurveItem(
            timestamp=row.t_s,
            seconds_by_team={0: row.team_0_s, 1: row.team_1_s},
            percent_by_team=_percent(row.team_0_s, row.team_1_s),
        )
        for row in figures.curve.itertuples()
    ]
    seconds = figures.seconds
    return models.Possession(
        match_id=match_id,
        percent_by_team=_percent(seconds[ControlState.TEAM_0], seconds[ControlState.TEAM_1]),
        seconds_by_state=seconds,
        spans=spans,
        gaps=[
            models.GapItem(start=row.start_s, end=row.end_s, reason=GapReason(row.reason), frames=row.frames)
            for row in figures.gaps.itertuples()
        ],
        curve=curve,
    )


@router.get("/match/{match_id}/passes", response_model=models.Passes, responses=_FOUND)
def passes(match_id: MatchId, service: ServiceNow, limit: Limit = 1000, offset: Offset = 0) -> models.Passes:
    """Every pass, how many each team played and completed, who passes to whom, how fast and how long in a row."""
    page = service.events_page(match_id, EventFilter([EventKind.PASS.value], limit=limit, offset=offset))
    figures = summary(match_id, service)["passes"]
    played = _recent.get((service.data_dir, match_id, "passes"), lambda: service.pass_figures(match_id))
    return models.Passes(
        match_id=match_id,
        attempted_by_team=figures["attempted_by_team"],
        complete_by_team=figures["by_team"],
        tempo_by_team={team: _known(round(tempo, 2)) for team, tempo in enumerate(played.tempo)},
        strings_by_team=played.strings,
        pairs=[
            models.PassPair(team=row.team, from_player=row.track_from, to_player=row.track_to, passes=row.n)
            for row in played.pairs.itertuples()
        ],
        total=page.total,
        limit=limit,
        offset=offset,
        passes=_event_items(page.rows),
    )


@router.get("/match/{match_id}/metrics", response_model=models.Metrics, responses=_FOUND)
def metrics(match_id: MatchId, service: ServiceNow) -> models.Metrics:
    """Control, touches, passes, turnovers, strings and entries by minute, team and player, as corrected."""
    rows = _recent.get((service.data_dir, match_id, "metrics"), lambda: service.metrics(match_id))
    items = [
        models.MetricItem(minute=row.minute, team=row.team, player_id=row.track, name=row.name, value=row.value)
        for row in rows.itertuples(index=False)
    ]
    return models.Metrics(match_id=match_id, metrics=items)


@router.get("/match/{match_id}/heatmap", response_model=models.Heatmap, responses=_FOUND)
def heatmap(
    match_id: MatchId,
    service: ServiceNow,
    team_id: Annotated[int | None, Query(ge=0, le=1)] = None,
    player_id: Annotated[int | None, Query(ge=0, le=MAX_ID)] = None,
) -> models.Heatmap:
    """Where players spent their time, as seconds by cell of the picture."""
    view = service.heatmap_view(match_id, team_id, player_id)
    return models.Heatmap(match_id=match_id, width=view.width, height=view.height, seconds=view.seconds.tolist())


@router.get(
    "/match/{match_id}/preview.jpg",
    response_class=FileResponse,
    responses={**_FOUND, 200: {"content": {"image/jpeg": {}}}},
)
def preview(match_id: MatchId, service: ServiceNow) -> FileResponse:
    """The newest annotated frame."""
    path = service.preview_path(match_id)
    if path is None:
        raise HTTPException(404, "There is no picture of this match yet: wait for its first batch.")
    return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.get(
    "/match/{match_id}/source",
    response_class=FileResponse,
    responses={**_FOUND, 403: {"model": models.Problem}, 200: {"content": {"application/octet-stream": {}}}},
)
def source(match_id: MatchId, service: ServiceNow) -> FileResponse:
    """The video of an upload or a file on the server, for workers on other hosts. Only where a token is set."""
    if not Settings.from_environment().api_token:
        raise HTTPException(403, "Videos are handed out only by servers that have a TACTICEYE_API_TOKEN.")
    path = service.video_path(match_id)
    if path is None:
        raise HTTPException(404, "This match has no video file on the server.")
    return FileResponse(path, media_type="application/octet-stream", filename=path.name)


@router.post("/match/{match_id}/stop", response_model=models.MatchInfo, responses=_CHANGED)
def stop(match_id: MatchId, service: ServiceNow) -> models.MatchInfo:
    """Has it end after the batch in hand. A match that stands already is left as it is."""
    service.stop(match_id)
    return match_info(service.status(match_id))


@router.post("/match/{match_id}/resume", response_model=models.MatchInfo, responses=_CHANGED)
def resume(match_id: MatchId, service: ServiceNow) -> models.MatchInfo:
    """Goes on behind the last finished batch. A match that is finished has nothing to go on with: 409."""
    if service.status(match_id).status is MatchStatus.FINISHED:
        raise MatchBusyError(match_id, "it is finished already; nothing is left to analyse.")
    service.resume(match_id)
    return match_info(service.status(match_id))


@router.delete("/match/{match_id}", status_code=204, responses=_CHANGED)
def delete(match_id: MatchId, service: ServiceNow) -> None:
    """Deletes the match with all its results. 409 while it is being analysed."""
    service.delete(match_id)


def match_info(card: MatchCard) -> models.MatchInfo:
    """A card as the API shows it."""
    fps = card.total_frames / card.total_s if card.total_s > 0 else 0.0
    return models.MatchInfo(
        match_id=card.match_id,
        title=card.title,
        status=card.status,
        message=card.message,
        progress=card.share,
        frame=card.frame,
        total_frames=card.total_frames,
        seconds=card.t_s,
        total_seconds=card.total_s,
        batch_idx=card.batch_idx,
        fps_processing=round(card.speed * fps, 2),
        realtime_factor=round(card.speed, 3),
        queue_place=card.queue_place,
        created_at=card.created_at,
        lag_seconds=_known(card.lag_s),
    )


def _find_weights(name: str) -> Path:
    """A file of the weights folder, here or of those that ship. Raises ConfigurationError for any other path."""
    for folder in (Path.cwd() / "weights", PACKAGE_PARENT / "weights"):
        path = folder / Path(name).name
        if name in (path.name, f"weights/{path.name}") and path.is_file():
            return path
    raise ConfigurationError("model_path", name, "the name of a file in the folder weights/")


def _event_items(rows: pd.DataFrame) -> list[models.EventItem]:
    return [
        models.EventItem(
            type=models.HappeningKind(row["kind"].lower()),
            frame=row["frame"],
            timestamp=row["t_start_s"],
            end_timestamp=row["t_end_s"],
            batch_idx=row["batch_id"],
            result=row["result"].lower() if row["result"] != EventResult.NONE else "",
            **_sides(row),
            from_player=row["track_from"],
            to_player=row["track_to"],
            confidence=_known(row["confidence"]),
            period=row["period"] or None,
        )
        for row in rows.fillna({"frame": -1, "batch_id": -1}).to_dict("records")
    ]


def _period_items(periods: Sequence[Period]) -> list[models.PeriodItem]:
    return [
        models.PeriodItem(number=number, kick_off=p.start_s, end=p.end_s, attacks_right=p.to_right)
        for number, p in enumerate(periods, start=1)
    ]


def _sides(row: dict[Any, Any]) -> dict[str, int]:
    team = int(row["team"])
    if row["kind"] not in _TURNOVERS and _known(row["team_before"]) is None:
        return {"team": team}
    return {"from_team": 1 - team if team in (0, 1) else -1, "to_team": team}


def _position_items(page: Page) -> list[models.PositionItem]:
    if page.rows.empty:
        return []
    corners = page.rows[["x1", "y1", "x2", "y2"]].to_numpy(np.float64).round(2)
    pitch = page.rows[["pitch_x", "pitch_y"]].to_numpy(np.float64).round(3)
    columns = (page.rows[name].tolist() for name in ("frame", "t_s", "track", "team", "role"))
    return [
        models.PositionItem(
            frame=frame,
            timestamp=t_s,
            player_id=track,
            team_id=team,
            role=Role(role).name.lower(),
            bbox=(x1, y1, x2, y2),
            position=((x1 + x2) / 2, y2),
            pitch=None if np.isnan(place[0]) else (place[0], place[1]),
        )
        for frame, t_s, track, team, role, (x1, y1, x2, y2), place in zip(
            *columns, corners.tolist(), pitch.tolist(), strict=True
        )
    ]


def _percent(seconds_0: float, seconds_1: float) -> dict[int, float | None]:
    both = seconds_0 + seconds_1
    return {0: round(100 * seconds_0 / both, 1), 1: round(100 * seconds_1 / both, 1)} if both else {0: None, 1: None}


def _known(number: float | None) -> float | None:
    return None if number is None or np.isnan(number) else float(number)
