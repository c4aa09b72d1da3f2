"""Following a run changes nothing and keeps nobody waiting."""

import itertools

import pytest
import torch

from shared.errors import RunError
from shared.training import log as log_
from shared.training.log import Log


def test_the_log_keeps_every_loss_in_order():
    log = Log(epochs=2, steps=500)
    wanted = torch.randn(1000, generator=torch.Generator().manual_seed(0))
    for i, loss in enumerate(wanted):
        log(loss.clone().requires_grad_())
        if i in (499, 999):
            log.validation(loss * 2)
    log.close()
    assert log.losses == wanted.tolist()
    assert log.valid_losses == [wanted[499] * 2, wanted[999] * 2]


@pytest.mark.parametrize("bad", ["nan", "inf"])
def test_a_loss_that_is_no_number_is_found_with_its_epoch_and_batch(bad):
    log = Log(epochs=2, steps=10)
    log(torch.tensor(1.0))
    for _ in range(13):
        log(torch.tensor(1.0))
    log(torch.tensor(float(bad)))
    log(torch.tensor(float("nan")))
    with pytest.raises(RunError, match=f"{bad} at epoch 2, batch 5:"):
        log.close()


def test_losses_are_read_a_few_times_a_second_not_at_every_step(monkeypatch):
    """To read one is to wait for the accelerator. A step takes 1 ms here."""
    clock = itertools.count(step=0.001)
    monkeypatch.setattr(log_.time, "perf_counter", lambda: next(clock))
    reads, stack = [], torch.stack
    monkeypatch.setattr(
        torch, "stack", lambda t: reads.append(len(t)) or stack(t)
    )
    log = Log(epochs=1, steps=2000)
    for _ in range(2000):
        log(torch.tensor(1.0))
    log.close()
    assert 2 <= len(reads) <= 2000 * 0.001 / log_.REFRESH + 2
    assert sum(reads) == 2000
