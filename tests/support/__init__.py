"""What helps tests, and is none: a mirror, small files, right answers."""
