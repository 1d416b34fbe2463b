"""The settings as options of the command line: one option per entry of `SETTINGS`."""

import argparse
from collections.abc import Collection
from typing import Any

from ..config import DEFAULTS, SETTINGS, ModelConfig, TrainConfig, make_configs, parse_numbers
from ..errors import UsageError


def add_settings(parser: argparse.ArgumentParser, without: Collection[str] = ()) -> None:
    """Add one option per setting, but for the model's kind, which the commands ask for themselves.

    Only options that are given become attributes of the arguments, so that an AE can refuse a KLD weight.
    """
    for name, setting in SETTINGS.items():
        if name != "kind" and name not in without:
            text = setting.several or setting.choices
            default = setting.in_words(DEFAULTS[name]) if setting.several or setting.empty else DEFAULTS[name]
            parser.add_argument(
                f"--{name.replace('_', '-')}",
                type=str if text else int if setting.whole else float,
                default=argparse.SUPPRESS,
                help=f"{setting.help}; {setting.need} (default: {default})",
            )


def configs(args: argparse.Namespace, kind: str, **instead: Any) -> tuple[ModelConfig, TrainConfig]:
    """Make both configs from the options, some replaced. SettingError or UsageError if they make no sense."""
    values = {name: value for name, value in vars(args).items() if name in SETTINGS} | instead
    if kind == "ae" and "beta" in values:
        raise UsageError("an AE has no KLD: leave --beta out")
    several = {name: parse_numbers(name, value) for name, value in values.items() if SETTINGS[name].several}
    return make_configs(kind, values | several)
