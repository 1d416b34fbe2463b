"""The classifier of a data set: a small network, trained on real images, that labels generated ones.

Importing it imports torch.
"""

from .classifier import RECOGNISED, Classifier, ClassifierInfo, Predictions
from .files import classifier_path, load_classifier, read_classifier, save_classifier
from .training import train_classifier

__all__ = [
    "RECOGNISED",
    "Classifier",
    "ClassifierInfo",
    "Predictions",
    "classifier_path",
    "load_classifier",
    "read_classifier",
    "save_classifier",
    "train_classifier",
]
