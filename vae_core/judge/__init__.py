"""The judge: a small classifier per data set that grades generated images, and what it finds.

Importing it imports torch.
"""

from .classifier import RECOGNISED, Judge, Judged, JudgeInfo
from .files import JudgeError, judge_path, load_judge, save_judge
from .generation import generation
from .measures import Overlap, frechet_distance, precision_recall_density_coverage
from .teaching import train_judge

__all__ = [
    "RECOGNISED",
    "Judge",
    "JudgeError",
    "JudgeInfo",
    "Judged",
    "Overlap",
    "frechet_distance",
    "generation",
    "judge_path",
    "load_judge",
    "precision_recall_density_coverage",
    "save_judge",
    "train_judge",
]
