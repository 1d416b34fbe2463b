"""The one table of every number that is measured of a run: version, unit, direction, words; from numbers.toml."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ..runs import Metric, RunInfo, kept_metrics
from .metric import Estimate
from .ways import WAYS

DIRECTIONS = {
    "lower": "lower is better",
    "higher": "higher is better",
    "one": "1 matches the prior",
    "zero": "0 matches the prior",
    "": "",
}
LATENT_SPACE, GENERATION, LIKELIHOOD = "latent space", "generation", "likelihood"
SECTIONS = (LATENT_SPACE, GENERATION, LIKELIHOOD)  # what is measured together
SECTION_OF = {"Generation": GENERATION, "Likelihood": LIKELIHOOD}  # by group; all other groups are of the latent space


class Number(NamedTuple):
    """What there is to know about a number, whatever its value.

    Arguments:
        version: Of its definition; a value that was kept under another one does not count.
        unit: Such as "nats" or "share".
        better: Which direction is closer to N(0, I) or else better: "lower", "higher", "one" (or the identity),
            "zero", or "" for neither.
        group: Numbers that are shown together.
        name: On screen.
        meaning: One sentence.
        formula: LaTeX.
    """

    version: int
    unit: str
    better: str
    group: str
    name: str
    meaning: str
    formula: str

    @property
    def direction(self) -> str:
        """Say which direction is better, in words; "" for neither."""
        return DIRECTIONS[self.better]


def _numbers() -> Iterator[tuple[str, Number]]:
    """Yield the table's numbers; those that are measured for every way to sample once for each."""
    for name, entry in tomllib.loads(Path(__file__).with_name("numbers.toml").read_text(encoding="utf-8")).items():
        every_way = entry.pop("every_way", False)
        number = Number(**entry)
        yield name, number
        if every_way:
            for way, words in WAYS.items():
                if way:
                    yield name + way, number._replace(name=f"{number.name}, {words}", meaning=f"The same with {words}.")
            words = "of the reconstructions"
            meaning = "The same for reconstructed test images: the best that the decoder can do."
            yield f"reconstruction_{name}", number._replace(name=f"{number.name} {words}", meaning=meaning)


NUMBERS: Mapping[str, Number] = dict(_numbers())


def names_of(section: str) -> set[str]:
    """Return the names of the numbers that are measured together."""
    return {name for name, number in NUMBERS.items() if SECTION_OF.get(number.group, LATENT_SPACE) == section}


def as_metrics(estimates: Mapping[str, Estimate], nulls: Mapping[str, Estimate]) -> dict[str, Metric]:
    """Put estimates and their null references side by side, in the order of the table, under its versions.

    ValueError if the table has no entry for one of them, which would be measured and never shown.
    """
    if without_entry := estimates.keys() - NUMBERS.keys():
        raise ValueError(f"numbers.toml has no entry for {', '.join(sorted(without_entry))}")
    metrics = {}
    for name in (name for name in NUMBERS if name in estimates):
        value, stderr, missing = estimates[name]
        null = nulls[name].value if name in nulls else None
        metrics[name] = Metric(value, null, stderr, missing, NUMBERS[name].version)
    return metrics


def read_metrics(info: RunInfo) -> dict[str, Metric]:
    """Read the numbers that are kept of a run and that the table still defines as they were measured, in its order."""
    metrics = kept_metrics(info)
    known = [name for name in NUMBERS if name in metrics]
    return {name: metrics[name] for name in known if metrics[name].version == NUMBERS[name].version}


def lacking(metrics: Mapping[str, object]) -> tuple[str, ...]:
    """Name the parts of a run's evidence that are not complete: "latent space", "generation", "likelihood".

    >>> lacking(dict.fromkeys(NUMBERS, None)), lacking({})
    ((), ('latent space', 'generation', 'likelihood'))
    """
    return tuple(section for section in SECTIONS if names_of(section) - metrics.keys())
