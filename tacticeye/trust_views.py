"""What a page shows of how sure a match's figures are."""

from __future__ import annotations

from tacticeye.match_files import MatchFolder
from tacticeye.store import MatchStore
from tacticeye.trust_figures import TrustScore


def read_score(folder: MatchFolder) -> TrustScore | None:
    """Raises StorageBusyError, StorageError."""
    store = MatchStore(folder.path)
    if not store.exists:
        return None
    with store.read() as snapshot:
        return TrustScore.of(snapshot.stat_totals())
