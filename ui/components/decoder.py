"""A latent space that the browser decodes at the pointer, and the points that a visitor pins in it."""

from typing import Any, NamedTuple

from ui.components.latent_spaces import mount
from vae_core.runs import RunInfo

MAX_PINNED = 12  # as in explorer.js
MAX_COORDINATE = 1e6  # of a pinned point, in sigma
STATE = "pinned"


class PinnedPoint(NamedTuple):
    """A pinned point: z, d numbers, and the label it was decoded with; None if the decoder has no condition."""

    z: tuple[float, ...]
    label: int | None


def decode_plane(key: str, info: RunInfo, space: dict[str, Any], **data: Any) -> list[PinnedPoint]:
    """Draw a latent space that is decoded at the pointer.

    Pinning or unpinning a point runs the script again; to move, to select and to zoom does not.

    Arguments:
        key: Key of the element; pinned points belong to it and to the run.
        info: The run.
        space: The run's latent space as explorer.js describes it.
        data: Further fields of spaces.js's data.

    Returns:
        At most 12 points in the order in which they were pinned; anything else that a browser might send is dropped.
    """
    data |= {"cursor": True, "key": key}
    result = mount(key, [space], info.class_names, data, {STATE: None})
    return pinned_points(result.get(STATE), info)


def has_condition(info: RunInfo) -> bool:
    """Return whether a run's decoder is given a class."""
    return info.model.condition_inputs("decoder") > 0


def pinned_points(value: Any, info: RunInfo) -> list[PinnedPoint]:
    """Return the points in a browser's state; anything malformed, or of another run, is dropped."""
    if not isinstance(value, dict) or value.get("run") != info.id or not isinstance(value.get("points"), list):
        return []
    points = (_pinned_point(point, info) for point in value["points"][:MAX_PINNED])
    return [point for point in points if point is not None]


def _pinned_point(point: Any, info: RunInfo) -> PinnedPoint | None:
    if not isinstance(point, dict):
        return None
    z, label, model = point.get("z"), point.get("label"), info.model
    if not isinstance(z, list) or len(z) != model.latent_dim or not all(_is_coordinate(value) for value in z):
        return None
    fits = (type(label) is int and 0 <= label < model.num_classes) if has_condition(info) else label is None
    return PinnedPoint(tuple(float(value) for value in z), label) if fits else None


def _is_coordinate(value: Any) -> bool:
    """Return whether it is a number within `MAX_COORDINATE`; NaN is not."""
    return type(value) in (int, float) and -MAX_COORDINATE <= value <= MAX_COORDINATE
