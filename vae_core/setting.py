"""What a setting is called, what it may be, and when it matters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .errors import SettingError


@dataclass(frozen=True)
class Setting:
    """What a setting is called, what it may be and when it matters: the one place that says so.

    Arguments:
        label: Its name on screen.
        help: What it is, in a few words that begin in lower case and end without a full stop.
        choices: What it may be, with each value in words; none for a number.
        limits: The smallest and the largest number allowed; whole if these are.
        applies: Whether a model with such a `ModelConfig` uses it at all.
        several: Whether it is a tuple of such numbers.
        empty: What 0, or no numbers at all, means in words; nothing where that is not special.
    """

    label: str
    help: str
    choices: Mapping[str, str] = field(default_factory=dict)
    limits: tuple[float, float] = (0, 0)
    applies: Callable[[Any], bool] = lambda model: True
    several: bool = False
    empty: str = ""

    @property
    def whole(self) -> bool:
        """Say whether it is a whole number."""
        return not self.choices and isinstance(self.limits[0], int)

    @property
    def need(self) -> str:
        """Return what it must be, as in a message."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        low, high = self.limits
        return f"a whole number from {low} to {high}" if self.whole else f"a number from {low:g} to {high:g}"

    def check(self, name: str, value: Any) -> None:
        """Raise a SettingError that names the setting unless a value is allowed; NaN is in no range."""
        if self.several:
            if not isinstance(value, tuple):
                raise SettingError(name, f"numbers, each {self.need}", value)
            for number in value:
                replace(self, several=False).check(name, number)
            return
        if self.choices:
            allowed = value in tuple(self.choices)
        else:
            number = isinstance(value, int if self.whole else int | float) and not isinstance(value, bool)
            allowed = number and self.limits[0] <= value <= self.limits[1]
        if not allowed:
            raise SettingError(name, self.need, value)

    def in_words(self, value: Any) -> str:
        """Return a value as people read it.

        >>> setting = Setting("Condition", "", {"one_hot": "one-hot"})
        >>> setting.in_words("one_hot"), setting.in_words((64, 32)), setting.in_words(4.0)
        ('one-hot', '64, 32', '4')
        """
        if self.empty and not value:
            return self.empty
        if isinstance(value, tuple):
            return ", ".join(map(str, value))
        return self.choices.get(value, f"{value:g}" if isinstance(value, float) else str(value))
