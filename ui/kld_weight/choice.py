"""The settings that are chosen on the page "KLD weight", and which runs and requests they mean."""

from dataclasses import dataclass, replace
from typing import Any, Self

from vae_core.config import KINDS, ModelConfig, TrainConfig
from vae_core.jobs import Request
from vae_core.runs import Catalogue, RunInfo

VARIATIONAL = ("vae", "cvae")
DEFAULT_BETA, MAX_BETA = 1.0, 100.0
# 0, and twenty a decade from 0.01 on: few enough that visitors' requests coincide, and the shipped betas among them.
DECADE = (1.0, 1.1, 1.25, 1.4, 1.6, 1.8, 2.0, 2.2, 2.5, 2.8, 3.2, 3.5, 4.0, 4.5, 5.0, 5.6, 6.3, 7.0, 8.0, 9.0)
STOPS = (0.0, *(float(f"{digit * 10.0**power:.3g}") for power in (-2, -1, 0, 1) for digit in DECADE), MAX_BETA)


@dataclass(frozen=True)
class TrainingChoice:
    """One choice of settings for all three models.

    Arguments:
        model: The settings of the cVAE; the other kinds share those that they have.
        train: The training, beta included.
    """

    model: ModelConfig
    train: TrainConfig

    @property
    def beta(self) -> float:
        """Return the KLD weight of VAE and cVAE."""
        return self.train.beta or 0.0

    def at(self, **settings: Any) -> Self:
        """Return the same choice with other training settings, such as beta."""
        return replace(self, train=replace(self.train, **settings))

    def settings(self, kind: str) -> tuple[ModelConfig, TrainConfig]:
        """Return the settings of one model kind."""
        return replace(self.model, kind=kind), self.train.for_kind(kind)

    def run(self, kind: str, infos: Catalogue) -> RunInfo | None:
        """Return the run with these settings, if there is one."""
        return infos.find(*self.settings(kind))

    def along_beta(self, kind: str, infos: Catalogue) -> dict[float, RunInfo]:
        """Return the runs of a VAE or cVAE that differ from this choice in nothing but beta, by beta."""
        return infos.along(self.settings(kind), "beta")

    def trained_betas(self, infos: Catalogue) -> list[float]:
        """Return the betas on the slider at which there are both VAE and cVAE, in ascending order."""
        vae, cvae = (self.along_beta(kind, infos) for kind in VARIATIONAL)
        return sorted(beta for beta in set(vae) & set(cvae) if beta <= MAX_BETA)

    def autoencoder(self, infos: Catalogue) -> RunInfo | None:
        """Return the AE to compare with: the one with these settings, or else the usual one for these images."""
        of_images = infos.fitting({"classes": self.train.classes})
        return self.run("ae", infos) or of_images.usual("ae", self.train.dataset, self.model.latent_dim)

    def request(self, infos: Catalogue) -> Request:
        """Return the request for VAE and cVAE, and for an AE where there is none to compare with."""
        kinds = VARIATIONAL if self.autoencoder(infos) is not None else KINDS
        return Request(tuple(self.settings(kind) for kind in kinds))


def stops_with(*betas: float) -> list[float]:
    """Return the slider's stops together with further betas; those outside the slider's range are left out."""
    return sorted({*STOPS, *(beta for beta in betas if 0 <= beta <= MAX_BETA)})
