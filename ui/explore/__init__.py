"""The exhibit of the page "Explore": a plane that is decoded under the cursor, and closer looks at the decoders."""

from ui.explore.exhibit import exhibit

__all__ = ["exhibit"]
