"""The training loop that all networks share: seeded, resumable, paced for a GPU or for a few CPU cores.

An epoch is one pass over the samples in an order drawn from (seed, epoch), so a run that was killed and resumed sees
what an undisturbed one would have seen. Checkpoints are written after each epoch to a temporary name and renamed.
bfloat16 is used where the processor multiplies in it (AMX or AVX-512 on CPUs, tensor cores on GPUs).
"""

from __future__ import annotations

import copy
import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from tacticeye.vision.ultralytics_backend import available_cores, find_device

Batch = dict[str, torch.Tensor]
LAST_SHARE = 0.02  # of the first learning rate, at the end of the cosine
BATCHES_AHEAD = 4  # for each thread that prepares them


@dataclass(frozen=True)
class Recipe:
    """How a network is trained. learning_rate: AdamW's peak; warmup_steps: batches of linear rise; average: decay of
    the running mean of weights that is kept; frozen_layers: first layers that stay as they start; gradient_limit: norm
    that a step's gradient is cut to."""

    epochs: int
    learning_rate: float
    batch: int
    seed: int = 0
    weight_decay: float = 0.01
    warmup_steps: int = 100
    average: float = 0.998
    frozen_layers: int = 0
    gradient_limit: float = 10.0


@dataclass(frozen=True)
class EpochReport:
    """epoch from 1; loss: its mean over the epoch's batches by part; seconds: wall time so far in this run."""

    epoch: int
    epochs: int
    loss: dict[str, float]
    seconds: float


class Samples(Protocol):
    """What is trained on."""

    def batches(self, epoch: int, seed: int, size: int) -> Sequence[Any]:
        """The epoch's batches as keys that `load` understands, in order; the same for the same arguments."""
        ...

    def load(self, key: Any) -> Batch:
        """One batch of tensors; may run in another thread."""
        ...


Loss = Callable[[nn.Module, Batch], tuple[torch.Tensor, dict[str, float]]]


@dataclass(frozen=True)
class Run:
    """Where a training keeps last.pt (all that is needed to go on), on which device, and whether it goes on from it."""

    folder: Path
    device: str = "auto"
    resume: bool = False


def fit(
    network: nn.Module,
    samples: Samples,
    loss: Loss,
    recipe: Recipe,
    run: Run,
    *,
    on_step: Callable[[int, int, int], None] | None = None,
    on_epoch: Callable[[EpochReport, nn.Module], None] | None = None,
) -> nn.Module:
    """Train `network` and return the running mean of its weights, on the CPU, in evaluation mode.

    on_step(epoch, step, steps) after each batch; on_epoch(report, averaged network) after each epoch.
    Raises FloatingPointError where the loss is no number any more.
    """
    training = _Training(network, recipe, run)
    started = time.monotonic()
    while training.epoch < recipe.epochs:
        means = training.run_epoch(samples, loss, on_step)
        training.save()
        if on_epoch:
            seconds = time.monotonic() - started
            on_epoch(EpochReport(training.epoch, recipe.epochs, means, seconds), training.average)
    return training.average.to("cpu").eval()


class _Training:
    """The state of a training between epochs: network, running mean, optimizer, epochs and steps done."""

    def __init__(self, network: nn.Module, recipe: Recipe, run: Run) -> None:
        self._where = find_device(run.device)
        if self._where.type == "cpu":
            torch.set_num_threads(available_cores())
        self._network = network.to(self._where).train()
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        for parameter in network.parameters():
            parameter.requires_grad_(True)
        self._frozen = _freeze(network, recipe.frozen_layers)
        self.average = copy.deepcopy(network).eval()
        self._optimizer = torch.optim.AdamW(_groups(network, recipe.weight_decay), lr=recipe.learning_rate)
        self._recipe = recipe
        self.epoch = self._step = 0
        self._checkpoint = run.folder / "last.pt"
        run.folder.mkdir(parents=True, exist_ok=True)
        if run.resume and self._checkpoint.is_file():
            self._restore()

    def run_epoch(
        self, samples: Samples, loss: Loss, on_step: Callable[[int, int, int], None] | None
    ) -> dict[str, float]:
        """One pass over the samples; the mean of each part of the loss."""
        recipe = self._recipe
        keys = samples.batches(self.epoch, recipe.seed, recipe.batch)
        parts: Counter[str] = Counter()
        self._network.train()
        for module in self._frozen:
            module.eval()
        for n, batch in enumerate(_loader(samples, keys), 1):
            _set_rate(self._optimizer, _rate(recipe, self._step, recipe.epochs * len(keys)))
            value, named = _step(self._network, batch, loss, self._optimizer, self._where, recipe.gradient_limit)
            if not math.isfinite(value):
                raise FloatingPointError(f"the loss became {value} in epoch {self.epoch + 1}; lower the learning rate")
            self._step += 1
            _follow(self.average, self._network, min(recipe.average, (1 + self._step) / (10 + self._step)))
            parts.update(named)
            if on_step:
                on_step(self.epoch + 1, n, len(keys))
        self.epoch += 1
        return {name: part / max(len(keys), 1) for name, part in parts.items()}

    def save(self) -> None:
        """Write last.pt under a temporary name and rename it."""
        state = {
            "network": self._network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "epoch": self.epoch,
            "step": self._step,
            "recipe": asdict(self._recipe),
        }
        temporary = self._checkpoint.with_suffix(".tmp")
        torch.save(state, temporary)
        temporary.replace(self._checkpoint)

    def _restore(self) -> None:
        saved = torch.load(self._checkpoint, map_location=self._where, weights_only=True)
        self._network.load_state_dict(saved["network"])
        self.average.load_state_dict(saved["average"])
        self._optimizer.load_state_dict(saved["optimizer"])
        self.epoch, self._step = int(saved["epoch"]), int(saved["step"])


def _step(
    network: nn.Module,
    batch: Batch,
    loss: Loss,
    optimizer: torch.optim.Optimizer,
    where: torch.device,
    gradient_limit: float,
) -> tuple[float, dict[str, float]]:
    batch = {name: tensor.to(where, non_blocking=True) for name, tensor in batch.items()}
    batch["img"] = (batch["img"].float() / 255).contiguous(memory_format=torch.channels_last)
    with torch.autocast(where.type, torch.bfloat16, enabled=_has_bfloat16(where)):
        value, named = loss(network, batch)
    optimizer.zero_grad(set_to_none=True)
    value.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), gradient_limit)
    optimizer.step()
    return float(value.detach()), named


def _has_bfloat16(where: torch.device) -> bool:
    if where.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    cpu: Any = torch.cpu
    return where.type == "cpu" and bool(cpu._is_amx_tile_supported() or cpu._is_avx512_bf16_supported())


def _loader(samples: Samples, keys: Sequence[Any]) -> Iterator[Batch]:
    """The batches in the order of their keys, prepared ahead.

    By threads: OpenCV and numpy let others run while they work, and a process full of threads must not fork.
    """
    workers = min(available_cores(), 8)
    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[Batch]] = deque()
        try:
            for key in keys:
                ahead.append(pool.submit(samples.load, key))
                if len(ahead) > BATCHES_AHEAD * workers:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for batch in ahead:
                batch.cancel()


def _freeze(network: nn.Module, layers: int) -> list[nn.Module]:
    frozen = list(network.model)[:layers] if layers else []  # type: ignore[arg-type]
    for module in frozen:
        for parameter in module.parameters():
            parameter.requires_grad_(False)
    return frozen


def _groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weights of convolutions decay; biases and normalisation don't."""
    weights = [p for p in network.parameters() if p.requires_grad and p.ndim > 1]
    others = [p for p in network.parameters() if p.requires_grad and p.ndim <= 1]
    return [{"params": weights, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def _rate(recipe: Recipe, step: int, total: int) -> float:
    rise = min(1.0, (step + 1) / recipe.warmup_steps)
    fall = LAST_SHARE + (1 - LAST_SHARE) * 0.5 * (1 + math.cos(math.pi * step / max(total, 1)))
    return recipe.learning_rate * rise * fall


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, keep: float) -> None:
    """Move the averaged weights a little towards the network's."""
    current = network.state_dict()
    for name, mean in average.state_dict().items():
        if mean.dtype.is_floating_point:
            mean.mul_(keep).add_(current[name].detach(), alpha=1 - keep)
        else:
            mean.copy_(current[name])
