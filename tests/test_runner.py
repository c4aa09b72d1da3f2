"""Following a run changes nothing and costs next to nothing."""

import statistics
import time

import pytest
import torch

from shared.errors import RunError
from shared.runner import Log


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


def test_following_costs_at_most_ten_microseconds_a_step():
    n = 20_000
    losses = [torch.tensor(1.0)] * n

    def seconds(log):
        start = time.perf_counter()
        for loss in losses:
            log(loss)
        return time.perf_counter() - start

    def collected():
        kept = []
        return seconds(lambda loss: kept.append(loss.detach()))

    def followed():
        log = Log(epochs=1, steps=n)
        try:
            return seconds(log)
        finally:
            log.close()

    extra = [followed() - collected() for _ in range(7)]
    assert statistics.median(extra) / n <= 10e-6
