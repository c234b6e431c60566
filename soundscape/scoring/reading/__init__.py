"""Reads what models write: text to JSON values, values to events, every repair counted by kind."""
