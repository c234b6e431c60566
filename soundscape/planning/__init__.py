"""Decide everything about a scene, from facts alone."""
