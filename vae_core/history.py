"""What a training has reached: the means of both terms, after each epoch. Imports no torch."""

from typing import Any, NamedTuple, Self


class Losses(NamedTuple):
    """Mean of both terms of −ELBO over many images, in nats per image; `kld` is None for an AE."""

    recon: float
    kld: float | None

    @property
    def elbo(self) -> float | None:
        """−(recon + kld), at beta = 1 whatever the training beta was; None for an AE.

        >>> Losses(100.0, 5.0).elbo
        -105.0
        """
        return None if self.kld is None else -(self.recon + self.kld)

    def to_json(self) -> dict[str, float | None]:
        """Return both terms and the ELBO by name, as they stand in run files and in what the command line prints."""
        return {**self._asdict(), "elbo": self.elbo}

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """Read what `to_json` wrote. KeyError, TypeError or ValueError if it is something else."""
        losses = cls(values["recon"], values["kld"])
        numbers = (losses.recon,) if losses.kld is None else losses
        if any(isinstance(value, bool) or not isinstance(value, int | float) for value in numbers):
            raise ValueError(f"losses must be numbers, got {values!r}")
        if losses.to_json() != values:
            raise ValueError(f"losses must be recon, kld and elbo = -(recon + kld), got {values!r}")
        return losses
