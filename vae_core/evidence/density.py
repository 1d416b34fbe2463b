"""What needs the density of q(z), whole and by class, against the prior: KLs, holes, and what the rate is spent on.

In two dimensions the mixture of all posteriors is exact, on a grid; elsewhere, and where a grid is too coarse, it comes
from draws. What N posteriors alone bring about is taken off. The rate R = mean of KL(q(z|x) ‖ p) is exact in either
case, and R = I(x;z) + KL(q(z) ‖ p) and I(x;z) = I(c;z) + I(x;z|c) hold exactly between the numbers given here.

Source: Hoffman & Johnson 2016, "ELBO surgery".
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..latents import Latents
from .information import unresolved
from .metric import NO_DENSITY, Estimate, sample_mean, undetermined
from .mixture import Aggregate, rate
from .monte_carlo import monte_carlo
from .null import NULL_DRAWS, null_latents
from .quadrature import quadrature
from .shape import NO_VARIANCE

DRAWS_OF_NULL = 100  # from each of the 30 nulls


def density_numbers(latents: Latents, seed: int) -> tuple[dict[str, Estimate], dict[str, Estimate]]:
    """Measure what needs q(z) of a VAE or cVAE, and the averages over 30 exactly Gaussian models; see `NUMBERS`.

    Where the images are too few to tell how the rate splits, its parts are missing, and it is said why.
    """
    of_model, nulls = aggregate(latents, seed), null_numbers(latents, seed)
    if reason := unresolved(of_model, nulls["kl_aggregate"].value, len(latents.mu)):
        numbers = dict.fromkeys(corrected(latents, of_model, nulls), undetermined(reason))
    else:
        numbers = corrected(latents, of_model, nulls)
    kld = latents.kld()
    numbers |= {} if kld is None else {"rate": sample_mean(kld)}
    nulls |= {
        "kl_mixture": nulls["kl_aggregate"], "kl_aggregate": Estimate(0.0), "kl_aggregate_whitened": Estimate(0.0),
        "class_mixture": nulls["class_information"], "class_information": Estimate(0.0),
        "class_kl": Estimate([None if null is None else 0.0 for null in nulls["class_kl"].value]),
    }  # fmt: skip
    return numbers, nulls


def null_numbers(latents: Latents, seed: int) -> dict[str, Estimate]:
    """Return the numbers of exactly Gaussian models with these widths and labels, averaged over 30 draws of them."""
    found = [
        monte_carlo(null_latents(latents, seed, draw), seed + draw, draws=DRAWS_OF_NULL)._asdict()
        for draw in range(NULL_DRAWS)
    ]
    return {name: Estimate(_average([numbers[name].value for numbers in found])) for name in Aggregate._fields}


def _average(values: list[Any]) -> Any:
    """Return the mean of numbers or of lists, entry by entry; None where one is None."""
    if isinstance(values[0], list):
        return [_average(list(entries)) for entries in zip(*values, strict=True)]
    return None if None in values else float(np.mean(values))


def corrected(latents: Latents, of_model: Aggregate, nulls: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """Take off what N posteriors alone bring about: a KL's null, and of I(c;z) as the adjusted information does.

    I(c;z) is H (I − I₀) / (H − I₀), with the null I₀ and the entropy H of the labels: 0 where z knows nothing of the
    class, H where the classes lie apart.

    Source: Vinh, Epps & Bailey 2010, Journal of Machine Learning Research 11.
    """
    raw, gaussian = of_model.kl_aggregate, gaussian_kl(latents)
    kl = raw._replace(value=raw.value - nulls["kl_aggregate"].value)
    whitened = NO_VARIANCE if gaussian is None else kl._replace(value=kl.value - gaussian)
    information = of_model.mutual_information._replace(value=rate(latents) - kl.value)
    of_class, chance, entropy = of_model.class_information, nulls["class_information"].value, _entropy(latents.y)
    factor = entropy / (entropy - chance) if entropy > chance else 0.0
    adjusted = Estimate((of_class.value - chance) * factor, of_class.stderr * factor)
    by_class = zip(of_model.class_kl.value, nulls["class_kl"].value, strict=True)
    within = of_model.within_class_information._replace(value=information.value - adjusted.value)
    return {
        "kl_aggregate": kl,
        "kl_aggregate_whitened": whitened,
        "kl_mixture": raw,
        "mutual_information": information,
        "class_information": adjusted,
        "class_mixture": of_class,
        "within_class_information": within,
        "class_kl": of_model.class_kl._replace(value=[None if v is None else v - null for v, null in by_class]),
        "hole_mass": of_model.hole_mass,
        "overlap": of_model.overlap,
    }


def _entropy(y: NDArray[np.integer]) -> float:
    """Return the entropy of labels (N,) in nats."""
    shares = np.bincount(y) / len(y)
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


def aggregate(latents: Latents, seed: int) -> Aggregate:
    """Return the numbers of q(z), from exact ones of the mixture where a grid gives them; ValueError for an AE."""
    return monte_carlo(latents, seed, quadrature(latents) if latents.mu.shape[1] == 2 else None)


def gaussian_kl(latents: Latents) -> float | None:
    """Return KL(N(m, S) ‖ N(0, I)) in nats, with the exact mean m and covariance S of q(z); None if S is singular.

    As m and S are q's own, KL(q(z) ‖ p) = KL(q(z) ‖ N(m, S)) + KL(N(m, S) ‖ p). ValueError for an AE.
    """
    if latents.logvar is None:
        raise ValueError(NO_DENSITY)
    centre, covariance = latents.moments()
    variances = np.linalg.eigvalsh(covariance)
    if variances[0] <= len(variances) * np.finfo(np.float64).eps * variances[-1]:
        return None
    return float(0.5 * (variances - 1 - np.log(variances)).sum() + 0.5 * centre @ centre)
