"""What one prelude or encore needs beyond what a stage needs.

A module here is named after its row in the table of stages. If it has a
function `run(stage, **options)`, that runs the row; if it has `prove(stage,
parent, start, data)`, that checks its promise. For what it lacks, the row is
run and proved as a stage is. `pictures` prepares pictures of digits.
`bench`, `costs`, `startup` and `threads` are what `make bench` measures with.

The command line may enter. This room uses `shared.proof`, `shared.results`,
`shared.training` and what is below them.
"""
