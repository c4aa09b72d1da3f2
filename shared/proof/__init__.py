"""Measure whether programs do what they promise, and write what is found.

Two programs are trained side by side and compared number by number
(`equivalence`), after what has to be made equal first (`preconditions`);
`prove` does so for every row of the table, `mutation` for stages that are
broken on purpose (`mutants`). `variation` tries another device and another
seed; `figures`, `losses` and `transfer` measure what else is published; and
`explain` says why a run differs from that. All files in `shared/results/` are
written from here, from `shared.book` or from `shared.extras`.

`shared.extras`, `shared.workshop` and the command line may enter. This room
uses `shared.results`, `shared.training` and what is below them; the rows of
the table are handed to it.
"""
