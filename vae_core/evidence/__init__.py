"""Evidence about a latent space: numbers with their yardstick, and verdicts on what the lecture claims.

All are about sampled z (an AE's codes) or the exact aggregate posterior q(z), never about mu alone.
"""

from .claims import CLAIMS, THRESHOLDS, Claim, Threshold, Verdict, multiple, verdicts
from .classes import knn_accuracy, linear_probe, silhouette
from .density import Aggregate, aggregate, log_density
from .empty_space import FarDraws, cell_masses, far_draws, far_share, prior_cell_masses
from .information import active_units, ignores_image, mutual_information
from .metric import NOT_DEFINED, NOT_DETERMINED, Estimate, Metric
from .null import null_latents
from .report import VERSION, evidence, summarize
from .shape import energy_distance, sliced_wasserstein, spread, whiten

__all__ = [
    "CLAIMS",
    "NOT_DEFINED",
    "NOT_DETERMINED",
    "THRESHOLDS",
    "VERSION",
    "Aggregate",
    "Claim",
    "Estimate",
    "FarDraws",
    "Metric",
    "Threshold",
    "Verdict",
    "active_units",
    "aggregate",
    "cell_masses",
    "energy_distance",
    "evidence",
    "far_draws",
    "far_share",
    "ignores_image",
    "knn_accuracy",
    "linear_probe",
    "log_density",
    "multiple",
    "mutual_information",
    "null_latents",
    "prior_cell_masses",
    "silhouette",
    "sliced_wasserstein",
    "spread",
    "summarize",
    "verdicts",
    "whiten",
]
