"""The settings of runs in words, as far as their models use them."""

from vae_core.config import SETTINGS
from vae_core.runs import RunInfo


def settings_of(info: RunInfo) -> dict[str, str]:
    """Return the settings that matter for a run, by label, in words."""
    values = vars(info.model) | vars(info.train)
    return {
        setting.label: setting.in_words(values[name])
        for name, setting in SETTINGS.items()
        if setting.applies(info.model)
    }


def differing(a: RunInfo, b: RunInfo) -> list[tuple[str, str, str]]:
    """Return (label, value of a, value of b) of the settings that differ; a dash where a run has no such setting."""
    of_a, of_b = settings_of(a), settings_of(b)
    rows = [
        (setting.label, of_a.get(setting.label, "–"), of_b.get(setting.label, "–")) for setting in SETTINGS.values()
    ]
    return [row for row in rows if row[1] != row[2]]
