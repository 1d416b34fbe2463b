"""The lines under the plots of the page "KLD weight": what a state is, its losses, and warnings."""

from typing import Any

from ui import store
from ui.shell import words
from ui.spaces.states import States
from vae_core.evidence import ignores_image
from vae_core.history import Losses
from vae_core.jobs import Frame
from vae_core.runs import RunInfo


def state(along: States, number: int, info: RunInfo) -> dict[str, Any]:
    """Return the fields of a finished training: its losses, and how much its code says of the image."""
    claim = _of_autoencoder(info) if info.model.kind == "ae" else _of_density(info)
    return _fields(along, number, info) | {"claim": claim}


def nearby(fields: dict[str, Any], beta: float) -> dict[str, Any]:
    """Return the fields of a run that stands, faded, for a β without one."""
    numbers = f"Not trained at this β. Nearest trained run: β = {beta:g}."
    return fields | {"claim": {"finding": "", "numbers": numbers}, "note": "", "faded": True}


def snapshot(along: States, number: int, info: RunInfo) -> dict[str, Any]:
    """Return the fields of a state before the end of a training."""
    epoch = info.snapshot_epochs[number]
    _, test = info.history[epoch - 1] if epoch else (None, None)
    claim = {"finding": f"Epoch {epoch} of {info.train.epochs}", "numbers": f"· {_losses(test)}"}
    return _fields(along, number, info) | {"claim": claim}


def live(frame: Frame) -> dict[str, Any]:
    """Return the fields of a training under way."""
    finding = f"Epoch {frame.done * frame.epochs:.1f} of {frame.epochs}"
    claim = {"finding": finding, "numbers": f"· {_losses(frame.test)}"}
    return {"claim": claim, "note": "", "rotation": None, "faded": False}


def _fields(along: States, number: int, info: RunInfo) -> dict[str, Any]:
    return {
        "at": number, "window": along.windows[number], "rotation": along.rotations[number], "note": info.id,
        "run": info.id, "shape": info.model.image_shape, "faded": False,
    }  # fmt: skip


def _of_autoencoder(info: RunInfo) -> dict[str, str]:
    return {"finding": "", "numbers": f"{words.subtitle(info)} · {_losses(info.test)} · no KLD, so no β"}


def _of_density(info: RunInfo) -> dict[str, str]:
    """Return the line of a VAE's or cVAE's run, with a warning where its code says little of the image."""
    metrics = store.metrics(info)
    information, active = metrics["mutual_information"].value, metrics["active_units"].value
    known = "" if information is None else f" · I(x;z) {max(information, 0.0):.2f} nats"
    warning = ""
    if ignores_image(metrics):
        warning = "Gaussian only because it ignores the image."
    elif active < info.model.latent_dim:
        warning = f"Active units: {active} of {info.model.latent_dim}."
    return {"warning": warning, "finding": "", "numbers": f"{words.subtitle(info)} · {_losses(info.test)}{known}"}


def _losses(losses: Losses | None) -> str:
    if losses is None:
        return "before training"
    kld = "" if losses.kld is None else f", kld {words.three(losses.kld)}"
    return f"recon {words.three(losses.recon)}{kld} nats"
