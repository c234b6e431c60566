"""What can be played: banks of understood sounds, their index and their measured facts."""
