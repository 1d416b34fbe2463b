"""What the URL of the page Explore may hold, beside the choice of runs: one table, in two steps."""

from collections.abc import Iterable

from ui.explore import controls, handwriting, interpolation, manifold, plane, reconstruction, traversal
from ui.explore.scene import Scene
from ui.shell import params, words
from ui.shell.params import Rule
from vae_core.config import KINDS

MODEL, VIEW = "model", "view"  # session keys and URL parameters


def plane_rules(views: Iterable[str], latent_dim: int) -> dict[str, Rule]:
    """Return the rules for the parameters that decide which plane is shown.

    Arguments:
        views: Names of the closer looks.
        latent_dim: Of the runs; one or two dimensions leave no choice of a plane.
    """
    rules = {MODEL: params.one_of(map(words.short, KINDS)), VIEW: params.one_of(views)}
    if latent_dim > 2:
        dimension = params.whole(1, latent_dim)
        rules |= {controls.ACROSS: dimension, controls.UP: dimension}
        rules[controls.WHICH] = params.one_of((controls.COMPONENTS, controls.DIMENSIONS))
        rules |= {f"z{number}": params.number(-controls.REACH, controls.REACH) for number in range(1, latent_dim + 1)}
    return rules


def scene_rules(scene: Scene) -> dict[str, Rule]:
    """Return the rules for the parameters whose values depend on the run and on the plane that is shown of it."""
    names = scene.info.class_names
    image = params.whole(0, len(scene.run.latents.y) - 1)
    seed = params.whole(0, reconstruction.MAX_SEED)
    across, up = (params.number(*scene.view.ends(axis)) for axis in (0, 1))
    return {
        plane.POINT_ACROSS: across,
        plane.POINT_UP: up,
        plane.POINT_CLASS: params.one_of(names),
        traversal.TRAVERSAL_CLASS: params.one_of(names),
        manifold.CLASS: params.one_of(names),
        manifold.GRID: params.whole(2, manifold.MAX_SIDE),
        manifold.OVER: params.one_of((manifold.QUANTILES, manifold.WINDOW)),
        manifold.SHOW: params.one_of((manifold.ALONE, manifold.BEHIND)),
        manifold.ACROSS: across,
        manifold.UP: up,
        interpolation.START: image,
        interpolation.END: image,
        interpolation.STEPS: params.whole(interpolation.MIN_STEPS, interpolation.MAX_STEPS),
        interpolation.SHAPE: params.one_of((interpolation.STRAIGHT, interpolation.SPHERICAL)),
        interpolation.DECODE_AS: params.one_of((interpolation.MORPH, *names)),
        reconstruction.WHICH: params.one_of((reconstruction.WORST, reconstruction.BEST, reconstruction.RANDOM)),
        reconstruction.IMAGE: image,
        reconstruction.SAMPLE: seed,
        reconstruction.DRAW: seed,
        handwriting.HOW: params.one_of((handwriting.DRAW, handwriting.UPLOAD)),
    }
