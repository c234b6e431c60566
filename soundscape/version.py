"""The version of the package and of the protocol by which clips are made."""

__version__ = "0.1.0"

#: Changes whenever the same recipe, banks and seed would give other samples or other plans.
PROTOCOL_VERSION = 2
