"""Messages that several pages show: no runs, a broken run file, missing data, and the download."""

from collections.abc import Callable

import streamlit as st

from ui import store
from ui.shell import words
from vae_core.config import DATASETS
from vae_core.errors import DataError, RunError
from vae_core.runs import RunInfo


def no_runs(kind: str = "vae") -> None:
    """Say that there are no runs, and which command trains one of a kind."""
    st.info(f"There are no trained runs here yet. `python -m vae_core train --model {kind}` makes one.")


def no_such_run(kind: str) -> None:
    """Say that no run of a kind has the chosen settings."""
    st.info(f"No run of the {words.title(kind)} has these settings. Choose others under *Runs shown*.")


def missing_space(kind: str) -> dict[str, str]:
    """Return what stands in the place of a latent space when no run of a kind has the chosen settings."""
    message = f"No run of the {words.title(kind)} has these settings. Choose others under Runs shown."
    return {"title": words.title(kind), "message": message}


def broken(error: RunError | str) -> None:
    """Show why a run file cannot be read; the error names the file."""
    st.error(broken_text(error), icon=":material/error:")


def broken_text(error: RunError | str) -> str:
    """Return why a run file cannot be read, as Markdown."""
    return words.plain(f"The run file {error}")


def readable(info: RunInfo, load: Callable[[RunInfo], object] = store.run) -> bool:
    """Return whether a run can be shown; if not, say why.

    Arguments:
        info: The run.
        load: What raises RunError if it cannot: reading its file, or making its model.
    """
    try:
        load(info)
    except RunError as error:
        broken(str(error) if error.path else f"{info.id}: {error}")
        return False
    return True


def missing_originals(info: RunInfo) -> None:
    """Say why there are no originals of a run: they are not on this machine, or those here are not the run's."""
    if store.test_images(info.train.dataset) is None:
        missing_data(info.train.dataset)
    elif store.test_images(info) is None:
        name = DATASETS[info.train.dataset].title
        st.caption(f"These runs were tested on other images than the {name} images here, so no originals are shown.")


def missing_data(dataset: str) -> None:
    """Say that a data set's images are not on this machine, and offer the download."""
    name = DATASETS[dataset].title
    with st.container(horizontal=True, vertical_alignment="center"):
        missing = (
            f"The {name} images are not on this machine: originals are missing, reconstructions are shown instead."
        )
        if store.test_images(dataset) is not None:
            missing = f"Of {name} only the test images are on this machine; training and measuring need all of it."
        st.caption(f"{missing} {words.plain(store.why_no_images(dataset))}")
        if st.button(
            f"Download {name} ({DATASETS[dataset].download_mb:.0f} MB)",
            icon=":material/download:",
            key="download",
            type="tertiary",
        ):
            download(dataset)


def download(dataset: str) -> None:
    """Download a data set, with its progress on the page; a failure is one sentence."""
    from vae_core.download import download_dataset

    bar, total = st.progress(0.0, "Connecting …"), DATASETS[dataset].download_mb
    try:
        for progress in download_dataset(dataset):
            received = progress.received / 1e6
            bar.progress(min(received / total, 1.0), f"{received:.1f} MB of about {total:.0f} MB")
    except DataError as error:
        bar.empty()
        st.error(str(error), icon=":material/error:")
        return
    st.rerun()
