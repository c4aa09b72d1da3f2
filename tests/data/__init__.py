"""Data are found, fetched, verified and read, or refused."""
