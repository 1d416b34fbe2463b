"""A run in memory, and its bytes: a sealed file under the key `run`, verified before a tensor is used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..config import DATASETS, LOGVAR_MAX, LOGVAR_MIN
from ..errors import RunError
from ..history import Losses
from ..latents import Latents
from . import sealed
from .fields import MAX_NUMBER
from .info import RunInfo
from .sealed import Flaw, SealedError

if TYPE_CHECKING:
    from ..data import ImageSet
    from ..models import AE, CVAE, VAE
    from ..training import Trained

KEY = "run"
MAX_HEADER_BYTES = 8 * 2**20
MIN_IMAGES = 2  # of the test split: one code alone has no spread and no neighbours
REFUSALS = {
    Flaw.CUT_OFF: "it is not a run file, or it was cut off",
    Flaw.FOREIGN: "it is not a run file of this app",
    Flaw.DAMAGED: "it is damaged or was edited: its content does not match its hash",
}
TENSORS = {  # what every run file holds beside the weights, with its dtype
    "test.mu": np.float16,
    "test.recon": np.float32,
    "test.y": np.int16,
    "snapshot.index": np.int32,
    "snapshot.mu": np.float16,
    "snapshot.x_hat": np.uint8,
}
VARIATIONAL_TENSORS = {"test.logvar": np.float16, "snapshot.logvar": np.float16}
PRIOR_TENSORS = {"prior": np.float16}  # mean and logvar of every class, where they are learned
WEIGHTS = "model."


@dataclass(frozen=True)
class Run:
    """A trained model with everything needed to show its latent space.

    Arguments:
        info: Settings and figures.
        latents: Posteriors of the test split, N images.
        recon: −log p(x|z) of every test image in nats, shape (N,).
        snapshot_index: Which test images the snapshots follow, shape (n,).
        snapshot_mu, snapshot_logvar: Their posteriors over training, shape (E, n, d); logvar None for an AE.
        snapshot_x_hat: Reconstructions of the first ten of them, uint8, shape (E, 10, H, W).
        weights: The model's parameters by name, float16.
    """

    info: RunInfo
    latents: Latents
    recon: NDArray[np.float32]
    snapshot_index: NDArray[np.int32]
    snapshot_mu: NDArray[np.float32]
    snapshot_logvar: NDArray[np.float32] | None
    snapshot_x_hat: NDArray[np.uint8]
    weights: dict[str, NDArray[np.float16]]

    def z(self, sampled: bool = True) -> NDArray[np.float32]:
        """Return the latents of the test images, shape (N, d): sampled, the same for every visitor, or mu."""
        return self.latents.sample(self.info.latent_seed) if sampled else self.latents.mu

    def is_of(self, test: ImageSet) -> bool:
        """Tell whether the run was tested on exactly these images: equal fingerprints, and labels in equal order."""
        return self.info.fingerprints[1] == test.fingerprint and np.array_equal(self.latents.y, test.y.cpu().numpy())

    def comparable(self, other: Run) -> bool:
        """Tell whether both runs were tested on the same images, so that image i of one is image i of the other."""
        same = self.info.fingerprints[1] == other.info.fingerprints[1]
        return same and np.array_equal(self.latents.y, other.latents.y)

    def model(self, device: str = "cpu") -> AE | VAE | CVAE:
        """Build the model itself, ready to encode and decode. RunError if the weights do not fit the settings."""
        import torch

        from ..models import blank_model

        blank = blank_model(self.info.model)  # shapes first: settings alone must not make anything large
        shapes = {name: tuple(value.shape) for name, value in blank.state_dict().items()}
        if shapes != {name: value.shape for name, value in self.weights.items()}:
            raise RunError("its weights do not fit its settings")
        # Assigned, for to copy into what `to_empty` gives takes PyTorch a second more, the first time.
        blank.load_state_dict(
            {name: torch.from_numpy(value.astype(np.float32)) for name, value in self.weights.items()}, assign=True
        )
        return blank.to(device).eval().requires_grad_(False)


def from_trained(trained: Trained, data: ImageSet, test: ImageSet) -> Run:
    """Put a run together from what training ended with; RunError if it could not be read again from its file.

    Its figures are computed from what will be stored.
    """
    evaluation = trained.evaluation
    latents = Latents(
        _stored(evaluation.mu.numpy()),
        None if evaluation.logvar is None else _stored(evaluation.logvar.numpy()),
        test.y.cpu().numpy().astype(np.int64),
        prior=_prior(trained.model),
    )
    recon = evaluation.recon.float().numpy()
    info = RunInfo(
        model=trained.model.config,
        train=trained.train_config,
        test=_test_losses(latents, recon),
        history=trained.history,
        snapshot_epochs=tuple(snapshot.epoch for snapshot in trained.snapshots),
        class_names=test.class_names,
        fingerprints=(data.fingerprint, test.fingerprint),
        precision=trained.precision,
        device=trained.device,
        seconds=trained.seconds,
        images_per_second=trained.images_per_second,
        created=datetime.now(UTC).replace(microsecond=0).isoformat(),
        versions=tuple((name, version(name)) for name in ("numpy", "safetensors", "torch")),
    )
    frames = trained.snapshots
    logvars = [frame.logvar for frame in frames if frame.logvar is not None]
    run = Run(
        info=info,
        latents=latents,
        recon=recon,
        snapshot_index=frames[0].index,
        snapshot_mu=_stored(np.stack([frame.mu for frame in frames])),
        snapshot_logvar=_stored(np.stack(logvars)) if logvars else None,
        snapshot_x_hat=np.stack([frame.x_hat for frame in frames]),
        weights={name: value.cpu().numpy().astype(np.float16) for name, value in trained.model.state_dict().items()},
    )
    run = replace(run, info=replace(info, sha256=sealed.digest(info.to_json(), _tensors(run))))
    RunInfo.from_json(run.info.to_json() | {sealed.HASH: run.info.sha256})  # what is written can be read again
    _check_tensors(run.info, _tensors(run))
    return run


def _stored(latents: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round latents to the float16 of a run file. RunError if they are too large for it."""
    with np.errstate(over="ignore"):
        rounded = latents.astype(np.float16)
    if not np.isfinite(rounded).all():
        raise RunError(f"latents up to {np.abs(latents).max():.3g} do not fit into a run file; train it otherwise")
    return rounded.astype(np.float32)


def _prior(model: AE | VAE | CVAE) -> NDArray[np.float32] | None:
    prior = model.prior()
    return None if prior is None else _stored(np.stack([values.detach().cpu().numpy() for values in prior]))


def _test_losses(latents: Latents, recon: NDArray[np.float32]) -> Losses:
    kld = latents.kld()
    return Losses(float(recon.mean(dtype=np.float64)), None if kld is None else float(kld.mean(dtype=np.float64)))


def _tensors(run: Run) -> dict[str, NDArray[Any]]:
    """Return the tensors of the file by name, in its dtypes."""
    values: dict[str, Any] = {
        "test.mu": run.latents.mu,
        "test.logvar": run.latents.logvar,
        "test.recon": run.recon,
        "test.y": run.latents.y,
        "snapshot.index": run.snapshot_index,
        "snapshot.mu": run.snapshot_mu,
        "snapshot.logvar": run.snapshot_logvar,
        "snapshot.x_hat": run.snapshot_x_hat,
        "prior": run.latents.prior,
    }
    dtypes = TENSORS | VARIATIONAL_TENSORS | PRIOR_TENSORS
    tensors = {name: np.asarray(value, dtypes[name]) for name, value in values.items() if value is not None}
    return tensors | {WEIGHTS + name: value for name, value in run.weights.items()}


def to_bytes(run: Run) -> bytes:
    """Return a run as the content of a run file."""
    return sealed.to_bytes(KEY, run.info.to_json() | {"sha256": run.info.sha256}, _tensors(run))


def from_bytes(raw: bytes, path: Path | None = None) -> Run:
    """Read a run from the content of a run file, and verify it. RunError says what is wrong with it."""
    header = parse_header(raw, len(raw))
    info = RunInfo.from_json(header, path)
    try:
        tensors = sealed.verified_tensors(raw, header)
    except SealedError as error:
        raise _refusal(error) from None
    _check_tensors(info, tensors)
    logvar, snapshot_logvar = tensors.get("test.logvar"), tensors.get("snapshot.logvar")
    return Run(
        info=info,
        latents=Latents(
            _float(tensors["test.mu"]),
            _float(logvar),
            tensors["test.y"].astype(np.int64),
            prior=_float(tensors.get("prior")),
        ),
        recon=tensors["test.recon"],
        snapshot_index=tensors["snapshot.index"],
        snapshot_mu=_float(tensors["snapshot.mu"]),
        snapshot_logvar=_float(snapshot_logvar),
        snapshot_x_hat=tensors["snapshot.x_hat"],
        weights={name.removeprefix(WEIGHTS): value for name, value in tensors.items() if name.startswith(WEIGHTS)},
    )


def _float(values: Any) -> Any:
    return None if values is None else values.astype(np.float32)


def parse_header(raw: bytes, size: int) -> dict[str, Any]:
    """Read the JSON under the metadata key `run`, from a file's first bytes and its size."""
    try:
        return sealed.parse_header(raw, KEY, min(MAX_HEADER_BYTES, size - 8))
    except SealedError as error:
        raise _refusal(error) from None


def _refusal(error: SealedError) -> RunError:
    return RunError(REFUSALS.get(error.flaw, " ".join(str(error).split())))


def _check_tensors(info: RunInfo, tensors: dict[str, NDArray[Any]]) -> None:
    """Check names, dtypes, shapes and ranges of all but the weights, which `Run.model` checks against the model."""
    dtypes = TENSORS if info.model.kind == "ae" else TENSORS | VARIATIONAL_TENSORS
    dtypes = dtypes | (PRIOR_TENSORS if info.model.has_label_prior else {})
    named = {name: value for name, value in tensors.items() if not name.startswith(WEIGHTS)}
    if set(named) != set(dtypes) or any(named[name].dtype != dtype for name, dtype in dtypes.items()):
        raise RunError("it does not hold the tensors of a run")
    n, points = len(named["test.y"]), len(named["snapshot.index"])
    d, epochs = info.model.latent_dim, len(info.snapshot_epochs)
    if n < MIN_IMAGES:
        raise RunError("it holds the codes of fewer than two test images")
    if n > (most := DATASETS[info.train.dataset].images[1]):
        raise RunError(f"it holds the codes of {n:,} test images, and there are {most:,}")
    shapes: dict[str, tuple[int, ...]] = {
        "test.mu": (n, d),
        "test.logvar": (n, d),
        "test.recon": (n,),
        "test.y": (n,),
        "snapshot.index": (points,),
        "snapshot.mu": (epochs, points, d),
        "snapshot.logvar": (epochs, points, d),
        "snapshot.x_hat": (epochs, min(10, points), *info.model.image_shape),
        "prior": (2, info.model.num_classes, d),
    }
    for name, value in named.items():
        if value.shape != shapes[name] or value.size == 0:
            raise RunError(f"{name} has shape {value.shape}, expected {shapes[name]}")
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            raise RunError(f"{name} holds numbers that are not finite")
    y, index = named["test.y"], named["snapshot.index"]
    if y.min() < 0 or y.max() >= info.model.num_classes or index.min() < 0 or index.max() >= n:
        raise RunError("its labels or indices are out of range")
    if len(np.unique(index)) < points:
        raise RunError("its snapshots follow an image twice")
    if np.abs(named["test.recon"]).max() > MAX_NUMBER:
        raise RunError(f"test.recon holds numbers beyond {MAX_NUMBER:g}")
    logvars = {name: named[name] for name in VARIATIONAL_TENSORS.keys() & named}
    logvars |= {name: named[name][1] for name in PRIOR_TENSORS.keys() & named}
    for name, logvar in logvars.items():
        if logvar.min() < LOGVAR_MIN or logvar.max() > LOGVAR_MAX:
            raise RunError(f"{name} holds numbers that are not from {LOGVAR_MIN:g} to {LOGVAR_MAX:g}")
    for name in tensors.keys() - named:
        if tensors[name].dtype != np.float16 or not np.isfinite(tensors[name]).all():
            raise RunError("its weights are not all finite numbers of 16 bits")
