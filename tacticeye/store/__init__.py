"""What a match has yielded, in one DuckDB file per match folder, safe to read while a worker writes it.

Nobody holds the file open: every access takes the folder's lock, attaches the file, does its work in one transaction
and lets go (attachment.py, match_lock.py). A batch is one transaction with the analysis state inside, so whatever was
acknowledged survives a kill at any instant, and resuming trusts the database alone.
"""

from tacticeye.store.contents import dump_tables, table_digests
from tacticeye.store.match_store import BatchOrderError, MatchStore
from tacticeye.store.pitch_tables import read_calibration
from tacticeye.store.records import HEAT_COLUMNS, HEAT_ROWS, BallCoverage, MatchRecord, Progress
from tacticeye.store.snapshot import Snapshot

__all__ = [
    "HEAT_COLUMNS",
    "HEAT_ROWS",
    "BallCoverage",
    "BatchOrderError",
    "MatchRecord",
    "MatchStore",
    "Progress",
    "Snapshot",
    "dump_tables",
    "read_calibration",
    "table_digests",
]
