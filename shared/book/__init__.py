"""The book: stages, changes and results as pages for a browser.

The command line may enter. This room uses `shared.reading` for changes and
`shared.results` for what was measured.
"""
