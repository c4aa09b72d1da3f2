"""Train on Fashion-MNIST."""

from shared.data import fashion
from shared.training import runner


def run(stage, *, network, no_accel, **options):
    """Train on Fashion-MNIST; raises UnavailableError where there is none."""
    program = stage.program
    options = runner.checked([stage], no_accel, options)
    runner.run(
        stage,
        program.train,
        fashion.load(program.Clothes),
        accel=not no_accel,
        conditions={"network": network},
        network=getattr(program, network),
        **options,
    )
