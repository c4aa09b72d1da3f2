"""The pages of the book say what is so, and work in a browser."""
