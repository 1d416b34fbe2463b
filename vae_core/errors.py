"""Every error that this project raises on purpose: a plain sentence for people, and what a program needs as fields."""

from pathlib import Path


class VaeError(Exception):
    """Anything that went wrong for a reason that can be told in one sentence; the base of all the others."""


class SettingError(VaeError, ValueError):
    """A setting, a field of `ModelConfig` or `TrainConfig`, that is out of range.

    >>> str(SettingError("latent_dim", "a whole number from 1 to 64", 0))
    'latent_dim must be a whole number from 1 to 64, got 0'
    """

    def __init__(self, name: str, need: str, value: object) -> None:
        super().__init__(name, need, value)  # all three, so that it can be pickled on its way from a worker
        self.name, self.need, self.value = name, need, value

    def __str__(self) -> str:
        return f"{self.name} must be {self.need}, got {self.value!r}"


class UsageError(VaeError):
    """Options of the command line that contradict each other or make no sense."""


class DataError(VaeError):
    """A data set that is missing, damaged or cannot be downloaded."""


class DeviceError(VaeError):
    """A device that this machine does not have, or that does not work."""


class TrainingError(VaeError):
    """Settings that do not fit the data, or a loss that is no longer finite."""


class RunError(VaeError):
    """A run file that cannot be read, shown or written; its name, if it is known, is put before the reason."""

    def __init__(self, reason: str, path: Path | None = None) -> None:
        super().__init__(reason if path is None else f"{path.name}: {reason}")
        self.path = path


class ClassifierError(VaeError):
    """A classifier's file that cannot be read or written."""


class JobError(VaeError):
    """A job that the training queue does not accept, or an engine that cannot be reached."""


class ImageError(VaeError):
    """A picture that cannot be read as a digit."""
