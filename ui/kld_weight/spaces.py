"""What the plots of the page "KLD weight" show of each model kind: a live training, or runs along β and by epochs."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from ui import store
from ui.kld_weight import lines
from ui.kld_weight.choice import TrainingChoice
from ui.shell import choose, words
from ui.spaces import frames, states
from ui.spaces.comparable import OTHER_IMAGES
from ui.spaces.nearest import nearest
from ui.spaces.states import States
from vae_core.config import KINDS
from vae_core.errors import RunError
from vae_core.jobs import Frame, Job
from vae_core.latents import Plane
from vae_core.runs import Catalogue, RunInfo

BETA, EPOCH = "beta", "epoch"  # the sliders


class Scene(NamedTuple):
    """What the plots are of.

    Arguments:
        choice, infos: The settings that are chosen, and the runs that there are.
        job: The job for these settings, if there is one.
        sampled: Whether plots show sampled z, or mu.
    """

    choice: TrainingChoice
    infos: Catalogue
    job: Job | None
    sampled: bool

    @property
    def live(self) -> bool:
        """Return whether the settings are being trained."""
        return self.job is not None and self.job.live

    def live_frame(self, kind: str) -> Frame | None:
        """Return the latest frame of the training of a kind, if there is one."""
        tasks = self.job.tasks if self.job is not None and self.job.live else ()
        return next((task.frame for task in tasks if task.model.kind == kind), None)

    def anchor(self) -> RunInfo | None:
        """Return the run whose test images the plots show: a VAE's or a cVAE's, else the AE's; None without any."""
        along = [self.choice.along_beta(kind, self.infos) for kind in KINDS if kind != "ae"]
        runs = [info for found in along for info in (found.get(self.choice.beta), *found.values())]
        runs.append(self.choice.autoencoder(self.infos))
        return next((info for info in runs if info is not None and _damage(info) is None), None)

    def class_names(self) -> tuple[str, ...]:
        """Return the names of the classes in the plots; one without a name where there is nothing to show."""
        for kind in KINDS:
            runs = self.choice.along_beta(kind, self.infos) if kind != "ae" else {}
            any_run = next(iter(runs.values()), None) or self.choice.autoencoder(self.infos)
            found = self.live_frame(kind) or any_run
            if found is not None:
                return found.class_names
        return ("",)


def space(kind: str, scene: Scene, betas: Sequence[float]) -> dict[str, Any]:
    """Return the space of a model kind as spaces.js takes it.

    Arguments:
        kind: The model kind.
        scene: What the plots are of.
        betas: The slider's stops.
    """
    given: dict[str, Any] = {"kind": kind, "name": words.short(kind), "title": words.title(kind), "large": True}
    reference = frames.reference_run(*scene.choice.settings(kind))
    if reference is not None and _damage(reference) is not None:
        reference = None  # planes stay as they are
    try:
        given |= _autoencoder(scene) if kind == "ae" else _along_beta(kind, scene, betas, reference)
        if (frame := scene.live_frame(kind)) is not None:
            given |= _live(kind, frame, frames.plane_of(frame, reference, scene.sampled), scene)
    except RunError as error:
        return given | {"message": _damaged(error)}
    return (
        given if "spec" in given or "message" in given else given | {"message": "Not trained with these settings yet."}
    )


def _autoencoder(scene: Scene) -> dict[str, Any]:
    """Return the fields of the AE to compare with, which has no β and no reference."""
    info = scene.choice.autoencoder(scene.infos)
    if info is None:
        return {}
    if _damage(info) is None and _apart(info, scene.anchor()):
        return {"message": OTHER_IMAGES}
    last = states.along_runs((info,), None, scene.sampled)
    tracks = {}
    if info == scene.choice.run("ae", scene.infos):  # one of another length stands still
        tracks[EPOCH] = _epochs(info, states.along_epochs(info, None, scene.sampled))
    fields = {"spec": _spec("ae", frames.frame_of(info), None, scene), "tracks": tracks}
    return fields | _files(last, info) | lines.state(last, 0, info) | _decoder(info)


def _along_beta(kind: str, scene: Scene, betas: Sequence[float], reference: RunInfo | None) -> dict[str, Any]:
    """Return the fields of a VAE or cVAE at every β of the slider; where there is no run, the nearest one faded."""
    runs = scene.choice.along_beta(kind, scene.infos)
    damage = {beta: reason for beta, info in runs.items() if (reason := _damage(info)) is not None}
    anchor = scene.anchor()
    damage |= {beta: OTHER_IMAGES for beta, info in runs.items() if beta not in damage and _apart(info, anchor)}
    readable = {beta: info for beta, info in sorted(runs.items()) if beta not in damage}
    if not readable:
        return {"message": next(iter(damage.values()))} if damage else {}
    infos = tuple(readable.values())
    along = states.along_runs(infos, reference, scene.sampled)
    entries: dict[tuple[float, bool], dict[str, Any]] = {}  # by β, and whether there is a run
    for number, (beta, info) in enumerate(readable.items()):
        entries[beta, True] = lines.state(along, number, info)
        entries[beta, False] = lines.nearby(entries[beta, True], beta)
    entries |= {(beta, True): {"message": reason} for beta, reason in damage.items()}
    tracks: dict[str, Any] = {}
    place = {entry: number for number, entry in enumerate(entries)}
    stops = [place[(beta, True) if beta in runs else (nearest(readable, beta) or 0.0, False)] for beta in betas]
    if scene.choice.beta in readable:
        info = readable[scene.choice.beta]
        entries[scene.choice.beta, True] |= _decoder(info)
        tracks[EPOCH] = _epochs(info, states.along_epochs(info, reference, scene.sampled))
    tracks[BETA] = _files(along, infos[0]) | {"states": list(entries.values()), "stops": stops}
    return {"spec": _spec(kind, frames.frame_of(infos[0]), reference, scene), "tracks": tracks}


def _decoder(info: RunInfo) -> dict[str, str]:
    """Return where a run's decoder is; nothing while torch, which it needs, is being imported."""
    if not store.images_ready(info.train.dataset):
        return {}
    try:
        return {"decoder": store.decoder_url(info)}
    except RunError:  # its weights do not fit its settings
        return {}


def _apart(info: RunInfo, anchor: RunInfo | None) -> bool:
    """Return whether a readable run was tested on other images than the anchor."""
    return anchor is not None and not store.run(info).comparable(store.run(anchor))


def _damage(info: RunInfo) -> str | None:
    """Return why a run file cannot be read; None if it can."""
    try:
        store.run(info)
    except RunError as error:
        return _damaged(error)
    return None


def _damaged(error: RunError) -> str:
    return f"This run cannot be shown. The run file {error}"


def _epochs(info: RunInfo, along: States) -> dict[str, Any]:
    """Return a run's track of epochs."""
    last = frames.last(info)
    entries = [lines.snapshot(along, number, info) for number in range(last)]
    return _files(along, info) | {
        "states": [*entries, lines.state(along, last, info)], "stops": list(range(last + 1)),
    }  # fmt: skip


def _files(along: States, info: RunInfo) -> dict[str, Any]:
    """Return what all states of a file share: where points and images are."""
    return {"points": along.points, "pictures": _pictures(along.reconstructions, info)}


def _pictures(reconstructions: dict[str, Any], info: RunInfo | None) -> list[dict[str, Any]]:
    originals = None if info is None else states.originals(info)
    rows = [] if originals is None else [originals | {"title": "Ten test images"}]
    return [*rows, reconstructions | {"title": "Reconstructed"}]


def _live(kind: str, frame: Frame, plane: Plane, scene: Scene) -> dict[str, Any]:
    """Return the fields of a training under way."""
    reference = scene.choice.autoencoder(scene.infos)
    return {
        "spec": states.frame_spec(words.title(kind), _subtitle(kind, frame, scene), plane.axes, frame.class_names),
        "points": states.live_points(frame, plane), "window": states.window_of(frame, plane), "at": 0, "message": "",
        "pictures": _pictures(states.live_reconstructions(frame), reference), **lines.live(frame),
    }  # fmt: skip


def _spec(kind: str, frame: Frame, reference: RunInfo | None, scene: Scene) -> dict[str, Any]:
    axes = frames.plane_of(frame, reference, scene.sampled).axes
    return states.frame_spec(words.title(kind), _subtitle(kind, frame, scene), axes, frame.class_names)


def _subtitle(kind: str, frame: Frame, scene: Scene) -> str:
    latents = "the codes" if kind == "ae" else choose.SAMPLED if scene.sampled else choose.MEAN
    return f"{len(frame.y):,} test images, {latents}"
