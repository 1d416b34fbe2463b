"""The judge: a small classifier per data set that grades generated images.

Importing it imports torch.
"""

from .classifier import RECOGNISED, Judge, Judged, JudgeInfo
from .files import judge_path, load_judge, save_judge
from .teaching import train_judge

__all__ = [
    "RECOGNISED",
    "Judge",
    "JudgeInfo",
    "Judged",
    "judge_path",
    "load_judge",
    "save_judge",
    "train_judge",
]
