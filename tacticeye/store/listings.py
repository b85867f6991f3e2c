"""Long tables of a match page by page, for callers that read them whole: events with changes of possession, people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from tacticeye.store.snapshot import Parameters, Snapshot
from tacticeye.types import NO_TEAM, Role

# Events and changes of possession with the frame and the batch at their time. A change is where a span of one team's
# control follows one of the other's, whatever lies between.
_HAPPENINGS = """
    WITH held AS (
        SELECT
            CASE state WHEN 'team_0' THEN 0 ELSE 1 END AS team,
            track,
            start_s
        FROM control_spans
        WHERE state IN ('team_0', 'team_1')
    ),
    changes AS (
        SELECT
            *,
            LAG(team) OVER (ORDER BY start_s) AS team_before,
            LAG(track) OVER (ORDER BY start_s) AS track_before
        FROM held
    ),
    happenings AS (
        SELECT
            kind, result, t_start_s, t_end_s, team, NULL AS team_before, track_from, track_to, confidence, event_id
        FROM events
        UNION ALL
        SELECT
            'POSSESSION_CHANGE', '', start_s, start_s, team, team_before, track_before, track, NULL, NULL
        FROM changes
        WHERE team != team_before
    ),
    placed AS (
        SELECT
            happenings.*,
            batches.batch_id,
            batches.start_frame + CAST(ROUND(
                (t_start_s - batches.start_s) / NULLIF(batches.end_s - batches.start_s, 0)
                * (batches.end_frame - batches.start_frame)
            ) AS BIGINT) AS frame
        FROM happenings
        ASOF LEFT JOIN batches ON t_start_s >= batches.start_s
    ),
    wanted AS (
        SELECT *
        FROM placed
        WHERE (CAST($kinds AS VARCHAR[]) IS NULL OR LIST_CONTAINS(CAST($kinds AS VARCHAR[]), kind))
            AND (CAST($batch_from AS INTEGER) IS NULL OR batch_id >= CAST($batch_from AS INTEGER))
            AND (CAST($batch_to AS INTEGER) IS NULL OR batch_id <= CAST($batch_to AS INTEGER))
    )
"""

# shown_as: under which id a track is shown when; a track without a row there keeps its own.
_PEOPLE = """
    WITH shown AS (
        SELECT
            positions.* EXCLUDE (track, team),
            positions.rowid AS row_number,
            COALESCE(shown_as.shown, positions.track) AS track,
            CASE WHEN $is_swapped AND positions.team >= 0 THEN 1 - positions.team ELSE positions.team END AS team
        FROM positions
        LEFT JOIN shown_as
            ON positions.track = shown_as.track
            AND positions.t_s >= shown_as.from_s
            AND positions.t_s < shown_as.to_s
        WHERE positions.role != $ball
            AND frame >= $frame_from
            AND (CAST($frame_to AS BIGINT) IS NULL OR frame <= CAST($frame_to AS BIGINT))
    ),
    wanted AS (
        SELECT
            shown.* EXCLUDE (role, team),
            COALESCE(tracks.role, shown.role) AS role,
            CASE
                WHEN COALESCE(tracks.role, shown.role) = $referee THEN $no_team
                ELSE COALESCE(tracks.team, shown.team)
            END AS team
        FROM shown
        LEFT JOIN tracks ON shown.track = tracks.track
        WHERE CAST($track AS INTEGER) IS NULL OR shown.track = CAST($track AS INTEGER)
    )
"""
_OF_TEAM = "CAST($team AS TINYINT) IS NULL OR team = CAST($team AS TINYINT)"


@dataclass(frozen=True, eq=False)
class ShownPeople:
    """How people are shown where users changed it. ids: track, from_s, to_s, shown: the id of a detected track within
    that time. is_swapped: whether teams are shown the other way round."""

    ids: pd.DataFrame
    is_swapped: bool


def list_happenings(
    snapshot: Snapshot,
    kinds: Sequence[str] | None,
    batches: tuple[int | None, int | None],
    limit: int,
    offset: int,
) -> tuple[pd.DataFrame, int]:
    """What happened, in order of time? A page, and how many rows there are in all.

    Columns of events, batch_id, frame and team_before (missing but for changes of possession). kinds: None all.
    batches: first and last by the video time they cover, None open.
    """
    parameters: Parameters = {
        "kinds": None if kinds is None else list(kinds),
        "batch_from": batches[0],
        "batch_to": batches[1],
    }
    page = snapshot.query(
        f"""
        {_HAPPENINGS}
        SELECT *
        FROM wanted
        ORDER BY t_start_s, event_id NULLS LAST
        LIMIT $limit
        OFFSET $offset
        """,
        {**parameters, "limit": limit, "offset": offset},
    )
    return page, _count(snapshot, f"{_HAPPENINGS} SELECT COUNT(*) AS n FROM wanted", parameters)


def list_people(
    snapshot: Snapshot,
    shown: ShownPeople,
    frames: tuple[int, int | None],
    track: int | None,
    team: int | None,
    limit: int,
    offset: int,
) -> tuple[pd.DataFrame, int]:
    """Who was where, in order of frames? A page, and how many rows there are in all.

    Columns of positions; role and team are those believed of the track now, -1 unsure. frames: first and last, None
    open. track, team: as shown, None all.
    """
    snapshot.lay_over("shown_as", shown.ids)
    parameters: Parameters = {
        "ball": int(Role.BALL),
        "referee": int(Role.REFEREE),
        "no_team": NO_TEAM,
        "is_swapped": shown.is_swapped,
        "frame_from": frames[0],
        "frame_to": frames[1],
        "track": track,
        "team": team,
    }
    page = snapshot.query(
        f"""
        {_PEOPLE}
        SELECT *
        FROM wanted
        WHERE {_OF_TEAM}
        ORDER BY frame, row_number
        LIMIT $limit
        OFFSET $offset
        """,
        {**parameters, "limit": limit, "offset": offset},
    )
    return page, _count(snapshot, f"{_PEOPLE} SELECT COUNT(*) AS n FROM wanted WHERE {_OF_TEAM}", parameters)


def list_gaps(snapshot: Snapshot) -> pd.DataFrame:
    """When had a live stream no pictures? start_s, end_s, reason, frames, in order of time."""
    return snapshot.query(
        """
        SELECT *
        FROM gaps
        ORDER BY start_s
        """
    )


def list_batch_stats(snapshot: Snapshot, after: int) -> pd.DataFrame:
    """What do the batches behind `after` tell of themselves? batch_id, name, value."""
    return snapshot.query(
        """
        SELECT batch_id, name, value
        FROM batch_stats
        WHERE batch_id > $after
        ORDER BY batch_id, name
        """,
        {"after": after},
    )


def _count(snapshot: Snapshot, query: str, parameters: Parameters) -> int:
    return int(snapshot.query(query, parameters)["n"].iloc[0])
