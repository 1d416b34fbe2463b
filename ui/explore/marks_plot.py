"""The small plot of a plane with marks on it."""

from collections.abc import Sequence

from ui import store
from ui.charts.marks import Marks
from ui.components.latent_spaces import latent_spaces
from ui.explore.scene import View
from ui.explore.space import draw_plain, plane_space
from vae_core.runs import RunInfo


def marks_plot(
    key: str, info: RunInfo, view: View, title: str, subtitle: str, marks: Marks, lit: Sequence[int] | None = None
) -> None:
    """Draw a run's test images with marks on them.

    Arguments:
        key: Distinguishes the plot from others on the page.
        info, view: The run and the plane.
        title, subtitle: The plot's title, and what the marks are.
        marks: The marks.
        lit: Labels of the classes that stay bright while the others fade; None for all.
    """
    if draw_plain(info, view, title, subtitle, marks):
        return
    space = plane_space(info, view, title, subtitle, marks) | {"decoder": store.decoder_url(info)}
    latent_spaces(
        f"marks-{key}", [space], info.class_names, vega=store.vega_if_ready(), bare=True, lit=lit,
        images=store.sheet_if_ready(info),
    )  # fmt: skip
