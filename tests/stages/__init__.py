"""The programs, their table and their command line keep their word."""
