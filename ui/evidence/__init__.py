"""The page Evidence: claims of the lecture with their verdicts, and the numbers behind them."""

from ui.evidence.exhibit import exhibit

__all__ = ["exhibit"]
