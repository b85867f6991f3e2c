"""The tables of a match's database, and how an older file becomes a current one.

Wall clock and other things that differ from run to run are only in `match` and in the last two columns of `batches`;
every other table is the same, value for value, for the same video and settings. Missing: -1 for ids, NaN for floats.
"""

from __future__ import annotations

from pathlib import Path

from tacticeye.errors import StorageError
from tacticeye.store.attachment import Connection

_FIRST_SCHEMA = """
CREATE TABLE schema_version (
    version INTEGER
);
INSERT INTO schema_version
VALUES (0);
CREATE TABLE match (
    match_id VARCHAR,
    config_json VARCHAR,
    source_path VARCHAR,
    source_name VARCHAR,
    width INTEGER,               -- px
    height INTEGER,
    fps DOUBLE,
    declared_duration_s DOUBLE,
    created_at VARCHAR           -- UTC
);
CREATE TABLE batches (
    batch_id INTEGER PRIMARY KEY,
    start_frame BIGINT,
    end_frame BIGINT,            -- one past the last
    start_s DOUBLE,
    end_s DOUBLE,
    n_boxes INTEGER,
    first_box_s DOUBLE,          -- time of the first and of the last frame with boxes
    last_box_s DOUBLE,
    interval_s DOUBLE,           -- median time between frames with boxes
    is_last BOOLEAN,
    processing_time_ms DOUBLE,
    stage_ms VARCHAR             -- JSON object of numbers
);
CREATE TABLE batch_stats (
    batch_id INTEGER,
    name VARCHAR,
    value DOUBLE
);
CREATE TABLE positions (
    frame BIGINT,
    t_s DOUBLE,
    x1 FLOAT,                    -- px
    y1 FLOAT,
    x2 FLOAT,
    y2 FLOAT,
    score FLOAT,
    role TINYINT,
    track INTEGER,
    team TINYINT,
    pitch_x FLOAT,               -- m
    pitch_y FLOAT
);
CREATE TABLE ball (
    frame BIGINT,
    t_s DOUBLE,
    x DOUBLE,                    -- px
    y DOUBLE,
    source VARCHAR,
    confidence DOUBLE
);
CREATE TABLE control_spans (
    state VARCHAR,
    track INTEGER,
    start_s DOUBLE,
    end_s DOUBLE
);
CREATE TABLE events (
    event_id INTEGER,            -- in order of commit, from 0
    kind VARCHAR,
    result VARCHAR,
    t_start_s DOUBLE,
    t_end_s DOUBLE,
    team TINYINT,
    track_from INTEGER,
    track_to INTEGER,
    x_from DOUBLE,
    y_from DOUBLE,
    x_to DOUBLE,
    y_to DOUBLE,
    confidence DOUBLE,
    source VARCHAR
);
CREATE TABLE tracks (
    track INTEGER,               -- one row each: what is believed now
    role TINYINT,
    team TINYINT,
    team_margin DOUBLE,
    first_s DOUBLE,
    last_s DOUBLE,
    n_boxes INTEGER
);
CREATE TABLE kits (
    team TINYINT,                -- one row each
    red UTINYINT,
    green UTINYINT,
    blue UTINYINT
);
CREATE TABLE heat (              -- adds up: several rows of one key
    minute INTEGER,
    track INTEGER,
    cell_x SMALLINT,
    cell_y SMALLINT,
    n INTEGER                    -- boxes whose feet are in the cell
);
CREATE TABLE state (
    batch_id INTEGER,            -- one row: what the batch after this one needs
    state_json VARCHAR
);
"""

_CALIBRATION = """
CREATE TABLE calibration (
    frame BIGINT,                -- one row an analysed frame
    t_s DOUBLE,
    h0 DOUBLE,                   -- homogeneous px of the undistorted picture to m, row by row; NaN unknown
    h1 DOUBLE,
    h2 DOUBLE,
    h3 DOUBLE,
    h4 DOUBLE,
    h5 DOUBLE,
    h6 DOUBLE,
    h7 DOUBLE,
    h8 DOUBLE,
    k1 DOUBLE,                   -- lens: see pitch_projection.py
    centre_x DOUBLE,
    centre_y DOUBLE,
    scale DOUBLE,
    error_m DOUBLE,
    shot INTEGER,
    m0 DOUBLE,                   -- px to px of the shot's first frame, row by row
    m1 DOUBLE,
    m2 DOUBLE,
    m3 DOUBLE,
    m4 DOUBLE,
    m5 DOUBLE,
    is_followed BOOLEAN          -- whether the camera's motion up to this frame was measured
);
"""

_PITCH_HEAT = """
CREATE TABLE pitch_heat (        -- adds up: several rows of one key
    minute INTEGER,
    track INTEGER,
    control TINYINT,             -- team that had the ball, -1 none
    cell_x SMALLINT,             -- m
    cell_y SMALLINT,
    n INTEGER                    -- boxes whose feet are in the cell
);
CREATE TABLE pitch_view (
    minute INTEGER,              -- one row a minute and control
    control TINYINT,
    frames INTEGER,              -- calibrated frames
    counts BLOB                  -- frames that showed each cell (pitch_grid.py)
);
"""

_HAND_CALIBRATION = """
CREATE TABLE hand_calibration (
    frame BIGINT,                -- an analysed frame, one row each
    t_s DOUBLE,
    clicks VARCHAR               -- JSON: [[landmark, x px, y px], ...]
);
CREATE TABLE calibration_auto AS -- rows of calibration that were replaced by hand
SELECT *
FROM calibration
LIMIT 0;
"""

# Places on the pitch of events (m), and figures that add up: several rows of one key, track -1 for the team's own.
_METRICS = """
ALTER TABLE events ADD COLUMN pitch_x_from DOUBLE DEFAULT 'NaN';
ALTER TABLE events ADD COLUMN pitch_y_from DOUBLE DEFAULT 'NaN';
ALTER TABLE events ADD COLUMN pitch_x_to DOUBLE DEFAULT 'NaN';
ALTER TABLE events ADD COLUMN pitch_y_to DOUBLE DEFAULT 'NaN';
CREATE TABLE metrics (
    minute INTEGER,
    team TINYINT,
    track INTEGER,
    name VARCHAR,                -- of Metric in types/words.py
    value DOUBLE
);
"""

_GAPS = """
CREATE TABLE gaps (
    start_s DOUBLE,              -- of a live stream: time without pictures
    end_s DOUBLE,
    reason VARCHAR,
    frames INTEGER               -- about how many are missing
);
"""

_BALL_FLIGHT = """
ALTER TABLE ball ADD COLUMN in_air BOOLEAN;  -- false: moves as on the ground, carried included; NULL unknown
"""

# Entry k takes a file from version k to k + 1; entries are never changed, only added.
MIGRATIONS: tuple[str, ...] = (
    _FIRST_SCHEMA,
    _CALIBRATION,
    _PITCH_HEAT,
    _GAPS,
    _METRICS,
    _HAND_CALIBRATION,
    _BALL_FLIGHT,
)
VERSION = len(MIGRATIONS)


def create_tables(connection: Connection) -> None:
    """All tables, in an empty database."""
    _migrate(connection, since=0)


def stored_version(connection: Connection) -> int:
    """Which version of the schema is the file's?"""
    row = connection.execute(
        """
        SELECT version
        FROM schema_version
        """
    ).fetchone()
    return int(row[0]) if row else 0


def is_outdated(connection: Connection, database: Path) -> bool:
    """Whether the file needs `upgrade`. Raises StorageError for a file of a newer version than ours."""
    version = stored_version(connection)
    if version > VERSION:
        raise StorageError(
            database, f"the match was analysed by a newer TacticEYE (schema {version}): update this one."
        )
    return version < VERSION


def upgrade(connection: Connection, database: Path) -> None:
    """Bring an older file to the current version, within the caller's transaction; a current one is left alone."""
    if is_outdated(connection, database):
        _migrate(connection, since=stored_version(connection))


def _migrate(connection: Connection, since: int) -> None:
    for script in MIGRATIONS[since:]:
        connection.execute(script)
    connection.execute(
        """
        UPDATE schema_version
        SET version = ?
        """,
        [VERSION],
    )
