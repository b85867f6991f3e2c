"""What pages and exports ask most of a match's database, one method each, within one transaction.

Rarer questions have modules of their own beside this one. Answers are plain data or DataFrames whose columns are named
as in types. Times are seconds of video; a range is half-open, from t0_s up to but without t1_s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from tacticeye.store.attachment import Connection
from tacticeye.store.records import BallCoverage, MatchRecord, Progress
from tacticeye.types import ControlState, EventKind, Role, TeamKit

FOREVER_S = float("inf")
ALL_ROWS = 2**40
MINUTE_S = 60.0

# Control spans cut where steps of $step_s seconds meet: step (number from 0), state, start_s, end_s.
_PIECES = """
    SELECT
        step,
        state,
        GREATEST(start_s, step * $step_s) AS start_s,
        LEAST(end_s, (step + 1) * $step_s) AS end_s
    FROM (
        SELECT
            state,
            start_s,
            end_s,
            UNNEST(RANGE(
                CAST(FLOOR(start_s / $step_s) AS BIGINT),
                CAST(CEIL(end_s / $step_s) AS BIGINT)
            )) AS step
        FROM control_spans
    )
"""

Parameters = Mapping[str, object]


class Snapshot:
    """One consistent view of a match, valid within the `with store.read()` block that gave it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def query(self, query: str, parameters: Parameters | None = None) -> pd.DataFrame:
        """What does a query of this package yield?"""
        return self._connection.execute(query, dict(parameters or {})).df()

    def lay_over(self, name: str, table: pd.DataFrame) -> None:
        """Has every further question of this transaction see `table` in the place of the stored table `name`."""
        # Temporary names come before those of the attached database. A table is only taken when the last answer was
        # read to its end, and fetchone leaves that open.
        self._rows("SELECT 1")
        self._connection.register(name, table)

    def _rows(self, query: str, parameters: Parameters | None = None) -> list[tuple[object, ...]]:
        return self._connection.execute(query, dict(parameters or {})).fetchall()

    # The match and how far it is

    def match(self) -> MatchRecord:
        """Which match is this?"""
        row = self._connection.execute(
            """
            SELECT
                match_id, config_json, source_path, source_name, width, height, fps, declared_duration_s, created_at
            FROM match
            """
        ).fetchone()
        return MatchRecord(*row)  # type: ignore[misc]  # `create` writes this row with the tables

    def progress(self) -> Progress:
        """How far is the analysis?"""
        row = self._connection.execute(
            """
            SELECT
                COALESCE(MAX(batch_id), -1),
                COUNT(*),
                COALESCE(MAX(end_frame), 0),
                COALESCE(MAX(end_s), 0.0),
                COALESCE(SUM(n_boxes), 0),
                COALESCE(BOOL_OR(is_last), FALSE)
            FROM batches
            """
        ).fetchone()
        assert row is not None, "an aggregate without GROUP BY has one row"
        last, batches, end_frame, end_s, positions, is_complete = row
        return Progress(last, batches, end_frame, end_s, int(positions), is_complete)

    def batches(self) -> pd.DataFrame:
        """What did each batch cover, and what did it cost? One row a batch; stage_ms is a JSON object."""
        return self.query(
            """
            SELECT *
            FROM batches
            ORDER BY batch_id
            """
        )

    def stat_totals(self) -> dict[str, float]:
        """What do the batches' chunk_stats add up to, by name?"""
        rows = self._connection.execute(
            """
            SELECT name, SUM(value)
            FROM batch_stats
            GROUP BY name
            ORDER BY name
            """
        ).fetchall()
        return {str(name): float(total) for name, total in rows}

    def box_interval_s(self) -> float:
        """How much time lies between two analysed frames, as the median? 0.0 unknown."""
        ((interval_s,),) = self._rows(
            """
            WITH gaps AS (
                SELECT interval_s AS gap_s
                FROM batches
                UNION ALL
                SELECT first_box_s - LAG(last_box_s) OVER (ORDER BY batch_id)
                FROM batches
            )
            SELECT MEDIAN(gap_s)
            FROM gaps
            WHERE NOT ISNAN(gap_s)
            """
        )
        return 0.0 if interval_s is None else float(str(interval_s))

    def ball_coverage(self) -> BallCoverage:
        """In what share of the analysed frames is the ball detected, interpolated, unseen?"""
        totals = self.stat_totals()
        counts = np.array([totals.get(f"ball_{name}", 0.0) for name in ("detected", "interpolated", "unseen")])
        decided = counts.sum()
        shares = counts / decided if decided else np.full(3, np.nan)
        return BallCoverage(int(decided), *(float(share) for share in shares))

    def state_json(self) -> str | None:
        """From which state does the next batch continue? None before the first batch."""
        row = self._connection.execute(
            """
            SELECT state_json
            FROM state
            """
        ).fetchone()
        return None if row is None else str(row[0])

    def next_event_id(self) -> int:
        """Which number does the next event get?"""
        ((number,),) = self._rows(
            """
            SELECT COALESCE(MAX(event_id), -1) + 1
            FROM events
            """
        )
        return int(str(number))

    def columns(self) -> pd.DataFrame:
        """Which tables are there, with which columns? table_name, column_name, data_type."""
        return self.query(
            """
            SELECT table_name, column_name, LOWER(data_type) AS data_type
            FROM information_schema.columns
            WHERE table_catalog = CURRENT_DATABASE()
            ORDER BY table_name, ordinal_position
            """
        )

    # Possession

    def control_seconds(self) -> dict[ControlState, float]:
        """For how many seconds was the ball in each state? All states, 0.0 where never."""
        rows = self._rows(
            """
            SELECT state, SUM(end_s - start_s)
            FROM control_spans
            GROUP BY state
            """
        )
        found = {str(state): float(str(seconds)) for state, seconds in rows}
        return {state: found.get(state, 0.0) for state in ControlState}

    def control_spans(self, since_s: float = 0.0) -> pd.DataFrame:
        """Who controlled the ball when, in spans that end after since_s? state, track, start_s, end_s."""
        return self.query(
            """
            SELECT state, track, start_s, end_s
            FROM control_spans
            WHERE end_s > $since_s
            ORDER BY start_s, end_s
            """,
            {"since_s": since_s},
        )

    def possession_curve(self, step_s: float = MINUTE_S) -> pd.DataFrame:
        """How did possession develop? A row a step: t_s, team_0_s, team_1_s until then, share_0, share_1 of their sum.

        t_s is the end of the step, of the last one the newest time known. Shares are NaN until a team had the ball.
        """
        curve = self.query(
            f"""
            WITH pieces AS ({_PIECES}),
            steps AS (
                SELECT
                    step,
                    MAX(end_s) AS t_s,
                    COALESCE(SUM(end_s - start_s) FILTER (state = 'team_0'), 0.0) AS team_0_s,
                    COALESCE(SUM(end_s - start_s) FILTER (state = 'team_1'), 0.0) AS team_1_s
                FROM pieces
                GROUP BY step
            )
            SELECT
                t_s,
                SUM(team_0_s) OVER (ORDER BY step) AS team_0_s,
                SUM(team_1_s) OVER (ORDER BY step) AS team_1_s
            FROM steps
            ORDER BY step
            """,
            {"step_s": step_s},
        )
        both_s = (curve["team_0_s"] + curve["team_1_s"]).replace(0.0, np.nan)
        return curve.assign(share_0=curve["team_0_s"] / both_s, share_1=curve["team_1_s"] / both_s)

    # Events

    def events(
        self,
        kinds: Sequence[EventKind] | None = None,
        team: int | None = None,
        t0_s: float = 0.0,
        t1_s: float = FOREVER_S,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """What happened, newest first? Of some kinds, of one team (-1: unsure) where given, begun within the range."""
        return self.query(
            """
            SELECT *
            FROM events
            WHERE (CAST($kinds AS VARCHAR[]) IS NULL OR LIST_CONTAINS(CAST($kinds AS VARCHAR[]), kind))
                AND (CAST($team AS TINYINT) IS NULL OR team = CAST($team AS TINYINT))
                AND t_start_s >= $t0_s
                AND t_start_s < $t1_s
            ORDER BY t_start_s DESC, event_id DESC
            LIMIT $limit
            """,
            {
                "kinds": None if kinds is None else [str(kind) for kind in kinds],
                "team": team,
                "t0_s": t0_s,
                "t1_s": t1_s,
                "limit": ALL_ROWS if limit is None else limit,
            },
        )

    def metrics(self) -> pd.DataFrame:
        """What did each player and team do in each minute? minute, team, track (-1: the team's own), name, value."""
        return self.query(
            """
            SELECT minute, team, track, name, SUM(value) AS value
            FROM metrics
            GROUP BY minute, team, track, name
            ORDER BY minute, team, track, name
            """
        )

    # Ball and people

    def ball_path(self, t0_s: float = 0.0, t1_s: float = FOREVER_S) -> pd.DataFrame:
        """Where was the ball? frame, t_s, x, y, source, confidence, in_air (NULL unknown); no row where unseen."""
        return self.query(
            """
            SELECT *
            FROM ball
            WHERE t_s >= $t0_s
                AND t_s < $t1_s
            ORDER BY frame
            """,
            {"t0_s": t0_s, "t1_s": t1_s},
        )

    def positions(self, t0_s: float = 0.0, t1_s: float = FOREVER_S) -> pd.DataFrame:
        """Who was where, in order of frames? One row a box, as committed: the newest belief of a track is in tracks."""
        return self.query(
            """
            SELECT *
            FROM positions
            WHERE t_s >= $t0_s
                AND t_s < $t1_s
            """,
            {"t0_s": t0_s, "t1_s": t1_s},
        )

    def tracks(self) -> pd.DataFrame:
        """Who was followed, and what is believed of each? track, role, team, team_margin, first_s, last_s, n_boxes."""
        return self.query(
            """
            SELECT *
            FROM tracks
            ORDER BY track
            """
        )

    def people_by_second(self) -> pd.DataFrame:
        """Where was everybody, second by second? A row a track and second: track, second, n boxes, n_pitch of them with
        a place on the pitch, image_x, image_y px (feet), pitch_x, pitch_y m (NaN where n_pitch is 0)."""
        return self.query(
            """
            SELECT
                track,
                CAST(FLOOR(t_s) AS INTEGER) AS second,
                COUNT(*) AS n,
                COUNT(*) FILTER (NOT ISNAN(pitch_x)) AS n_pitch,
                AVG((x1 + x2) / 2) AS image_x,
                AVG(y2) AS image_y,
                AVG(pitch_x) FILTER (NOT ISNAN(pitch_x)) AS pitch_x,
                AVG(pitch_y) FILTER (NOT ISNAN(pitch_x)) AS pitch_y
            FROM positions
            WHERE track >= 0
                AND role IN ($player, $goalkeeper)
            GROUP BY track, second
            ORDER BY track, second
            """,
            {"player": int(Role.PLAYER), "goalkeeper": int(Role.GOALKEEPER)},
        )

    def sightings(self, tracks: Sequence[int]) -> pd.DataFrame:
        """When was each of these tracks seen? track, t_s, one row a box."""
        return self.query(
            """
            SELECT track, t_s
            FROM positions
            WHERE LIST_CONTAINS(CAST($tracks AS INTEGER[]), track)
            ORDER BY track, t_s
            """,
            {"tracks": [int(track) for track in tracks]},
        )

    def kits(self) -> list[TeamKit]:
        """What do the teams wear?"""
        rows = self._connection.execute(
            """
            SELECT team, red, green, blue
            FROM kits
            ORDER BY team
            """
        ).fetchall()
        return [TeamKit(team, (red, green, blue)) for team, red, green, blue in rows]
