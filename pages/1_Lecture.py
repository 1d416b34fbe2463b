"""Lecture: the story of AE, VAE and cVAE in steps, predict then reveal."""

from ui.lecture import lecture

lecture()
