"""The page Lecture: the tutorial in nine steps, each with a live part, a question to predict, and a reveal."""

from ui.lecture.deck import lecture

__all__ = ["lecture"]
