"""The workshop: make a change of the ladder yourself and have it checked.

An exercise starts from a copy of one stage and asks for its neighbour. What
comes of it is judged by what it does, never by how it is written. `commands`
is what the command line calls; `exercises`, `tasks` and `signs` say what is
asked for; `check` goes through the steps of a check, in which `sandbox` runs
the program, `trace` follows it and `verdict` finds the first cause. That is a
`finding`: a kind and values. Only `texts` makes sentences of it.

The command line may enter. This room uses `shared.proof` to compare trainings
and `shared.reading` to compare texts.
"""
