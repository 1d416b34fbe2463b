"""The exhibit of the page "Generate": the class picker, and what prior and condition each contribute."""

from ui.generate.exhibit import exhibit

__all__ = ["exhibit"]
