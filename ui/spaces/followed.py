"""A run's latent space at the end of its training, with the followed test images alone: as a plot, or small."""

from collections.abc import Sequence
from typing import Any

from ui.shell import words
from ui.spaces import frames, states
from vae_core.errors import RunError
from vae_core.runs import RunInfo


def followed_space(infos: Sequence[RunInfo], title: str | None = None) -> dict[str, Any]:
    """Return the last states of runs of one kind as a space of spaces.js, which shows the first of them.

    Arguments:
        infos: At least one run; planes are rotated or mirrored to match the reference of their kind.
        title: Of the plot; the model kind's by default.

    Raises:
        RunError: A file is bad.
    """
    info, reference = infos[0], frames.reference_run(infos[0].model, infos[0].train)
    along, frame = states.along_runs(tuple(infos), reference), frames.frame_of(info)
    title = title or words.title(info.model.kind)
    subtitle = f"{len(frame.y):,} test images, {'codes z' if frame.logvar is None else 'sampled z'}"
    axes, names = frames.plane_of(frame, reference).axes, info.class_names
    spec = states.frame_spec(title, subtitle, axes, names, has_circles=not info.model.has_label_prior)
    return {
        "kind": info.model.kind, "name": words.short(info.model.kind), "title": title, "large": True, "run": info.id,
        "spec": spec, "points": along.points, "at": 0, "window": along.windows[0], "windows": along.windows,
    }  # fmt: skip


def tiles(infos: Sequence[RunInfo]) -> list[dict[str, Any]]:
    """Return small pictures of runs as gallery.js takes them; a run whose file is bad is left out."""
    return [tile for info in infos if (tile := _tile(info)) is not None]


def _tile(info: RunInfo) -> dict[str, Any] | None:
    try:
        along = states.along_runs((info,), frames.reference_run(info.model, info.train))
    except RunError:
        return None
    half = along.windows[0][2]
    return {"title": f"Latent space of {info.id}", "points": along.points, "at": 0, "half": half}
