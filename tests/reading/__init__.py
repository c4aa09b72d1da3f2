"""A change is shown as it is, and README.md says what is so."""
