"""What a page shows of how sure a match's figures are: over all, and batch by batch. Read in one transaction."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields

import pandas as pd

from tacticeye.library import MatchCard
from tacticeye.match_files import MatchFolder
from tacticeye.store import MatchStore
from tacticeye.trust_figures import TrustFigures, TrustScore

BATCH_COLUMNS = ("batch_id", "start_s", "end_s", *(f.name for f in fields(TrustFigures)))


@dataclass(frozen=True, eq=False)
class TrustView:
    """overall: of the whole match so far. batches: BATCH_COLUMNS, in order."""

    card: MatchCard
    has_data: bool = False
    overall: TrustFigures = field(default_factory=TrustFigures)
    batches: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(BATCH_COLUMNS)))


def read_score(folder: MatchFolder) -> TrustScore | None:
    """Raises StorageBusyError, StorageError."""
    store = MatchStore(folder.path)
    if not store.exists:
        return None
    with store.read() as snapshot:
        return TrustScore.of(snapshot.stat_totals())


def read_trust(card: MatchCard, folder: MatchFolder) -> TrustView:
    """Raises StorageBusyError, StorageError."""
    store = MatchStore(folder.path)
    if not store.exists:
        return TrustView(card)
    with store.read() as snapshot:
        counts = snapshot.batch_counts()
        totals = snapshot.stat_totals()
    if counts.empty:
        return TrustView(card)
    rows = []
    for (batch_id, start_s, end_s), group in counts.groupby(["batch_id", "start_s", "end_s"], sort=True):
        figures = TrustFigures.of(dict(zip(group["name"], group["value"], strict=True)))
        rows.append({"batch_id": batch_id, "start_s": start_s, "end_s": end_s, **asdict(figures)})
    return TrustView(card, True, TrustFigures.of(totals), pd.DataFrame(rows, columns=list(BATCH_COLUMNS)))
