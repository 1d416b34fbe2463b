"""Bounded caches, shared by all visitors."""
