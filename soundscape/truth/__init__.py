"""Measure what was made and write it down."""
