"""The exhibit of the page "Evidence": claims with their verdicts, and what they rest on."""

from ui.evidence.exhibit import exhibit

__all__ = ["exhibit"]
