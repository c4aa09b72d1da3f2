"""The ladder as a git repository, and edits carried along the ladder.

`repository` writes the programs as commits, for readers to look at with the
tools they have; `bisect` plants a mutant in such a history, to be found.
`carry` takes an edit of one program to those that are changes of it. All of
them call git by `git`, and merge programs by `merge`.

The command line may enter. This room uses `shared.proof` for mutants and
comparisons, and `shared.reading` for changes; the rows of the table are
handed to it.
"""
