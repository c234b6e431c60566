"""``python -m soundscape``."""

from soundscape.cli import main

if __name__ == "__main__":
    main()
