"""Everything that is measured of a run: numbers with their reference values, and verdicts on what the lecture claims.

All are about sampled z (an AE's codes) or the exact aggregate posterior q(z), never about mu alone. The classifier, and
what needs it, imports torch; nothing else does at once.
"""

from .claims import CLAIMS, THRESHOLDS, Claim, Reason, Threshold, Verdict, assess, judge, verdicts, verdicts_of
from .classes import knn_accuracy, linear_probe, silhouette
from .density import aggregate, gaussian_kl
from .empty_space import FarDraws, cell_masses, far_draws, far_share, prior_cell_masses
from .information import active_units, ignores_image, mutual_information
from .latent_space import evidence, summarize
from .measure import Measured, find_classifier, images_of, known_metrics, measure, measure_run
from .metric import NOT_DEFINED, Estimate
from .mixture import HOLE, Aggregate, log_density
from .null import null_latents
from .shape import energy_distance, sliced_wasserstein, spread, whiten
from .table import NUMBERS, Number, lacking, read_metrics

__all__ = [
    "CLAIMS", "HOLE", "NOT_DEFINED", "NUMBERS", "THRESHOLDS", "Aggregate", "Claim", "Estimate", "FarDraws",
    "Measured", "Number", "Reason", "Threshold", "Verdict", "active_units", "aggregate", "assess", "cell_masses",
    "energy_distance", "evidence", "far_draws", "far_share", "find_classifier", "gaussian_kl", "ignores_image",
    "images_of", "judge", "knn_accuracy", "known_metrics", "lacking", "linear_probe", "log_density", "measure",
    "measure_run", "mutual_information", "null_latents", "prior_cell_masses", "read_metrics",
    "silhouette", "sliced_wasserstein", "spread", "summarize", "verdicts", "verdicts_of", "whiten",
]  # fmt: skip
