r"""Encore: distributed.

Stage 12 in several processes at once, on one machine or on many. Each process
holds the whole model and works on its share of every batch. The gradients of
all processes are averaged before a step, so all take the same step. `torchrun`
starts the processes and tells each its rank, a number from 0 on:

    make encore-distributed NPROC=2

On two machines, each with its own copy of the data (`make data`), run on the
first

    torchrun --nnodes 2 --nproc-per-node 2 --node-rank 0 \
        --master-addr FIRST -m stages encore-distributed --data mnist

and on the second the same with `--node-rank 1`; FIRST is the address of the
first. Where a machine can't resolve its own name, GLOO_SOCKET_IFNAME names the
network interface to use, as in `GLOO_SOCKET_IFNAME=eth0 torchrun ...`.

What to look at:

- `DistributedDataParallel` first copies the parameters of rank 0 to all. It
  averages gradients during `backward`: in a large model, while those of
  earlier layers are still being computed; in one this small, all at once.
- A mean of means is the mean of all only if the parts are equal. So the batch
  size and the number of images must be divisible by the number of processes,
  which `share` checks. The batch stays 64 and each of N processes works on 64
  / N images, so given the same order of images, the training is that of stage
  12.
- `DistributedSampler` shuffles alike in all processes, by seed and epoch, and
  rank r takes every N-th image from r on. Without `set_epoch` all epochs have
  the same order. If images can't be shared out evenly, it repeats some; for
  validation, `Subset` shares them out without repeating.
- A loss is the mean over a share. To log the loss of the whole batch, the
  processes add up theirs with `all_reduce`. Every process must call it, though
  only rank 0 reports.
- If a process dies, the others get an error and `torchrun` ends them. If one
  only stops answering, as when a cable is cut, they wait as long as
  `PATIENCE`.
- To continue after that, add checkpoints as in the encore of that name: rank 0
  alone saves `model.module`, and all load it before they wrap it. No random
  state need be saved: the order of images depends on seed and epoch alone.
- `torchrun --max-restarts 3` then starts all processes again. Torch 2.13 needs
  TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 in the environment for this, or the new
  processes look for the old ones (PyTorch issue 135712). On several machines,
  `--rdzv-backend c10d --rdzv-endpoint FIRST:29400` must replace `--node-rank`
  and `--master-addr`.
"""

import os
from datetime import timedelta

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn, optim
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Subset, TensorDataset
from torch.utils.data.distributed import DistributedSampler

PATIENCE = timedelta(seconds=20)

device = torch.device("cpu")
if torch.accelerator.is_available():
    device = torch.accelerator.current_accelerator()


class Lambda(nn.Module):
    def __init__(self, func):
        super().__init__()
        self.func = func

    def forward(self, xb):
        return self.func(xb)


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),  # (n, 16, 14, 14)
        nn.Conv2d(16, 16, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),  # (n, 16, 7, 7)
        nn.Conv2d(16, 10, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),  # (n, 10, 4, 4)
        nn.AdaptiveAvgPool2d(1),  # (n, 10, 1, 1)
        Lambda(lambda xb: xb.flatten(1)),
    )


class WrappedDataLoader:
    def __init__(self, dl, func):
        self.dl = dl
        self.func = func

    def __iter__(self):
        for xb, yb in self.dl:
            yield self.func(xb, yb)


def loss_batch(model, xb, yb, opt=None):
    pred = model(xb)
    loss = F.cross_entropy(pred, yb)

    if opt is not None:
        loss.backward()
        opt.step()
        opt.zero_grad()
    return loss


def fit(epochs, model, opt, train_dl, valid_dl, log):
    for epoch in range(epochs):
        train_dl.dl.sampler.set_epoch(epoch)
        model.train()
        for xb, yb in train_dl:
            loss = loss_batch(model, xb, yb, opt)
            loss = loss.detach() / dist.get_world_size()
            dist.all_reduce(loss)
            log(loss)

        model.eval()
        total, count = 0, 0
        with torch.no_grad():
            for xb, yb in valid_dl:
                total += loss_batch(model, xb, yb) * len(xb)
                count += len(xb)
        totals = loss.new_tensor([total, count])
        dist.all_reduce(totals)
        total, count = totals
        log.validation(total / count)


def join(device):
    backend = dist.get_default_backend_for_device(device)
    if dist.is_torchelastic_launched():
        if device.type != "cpu":
            torch.accelerator.set_device_index(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group(backend, timeout=PATIENCE)
    else:  # not by torchrun: a group of one
        alone = dist.HashStore()
        dist.init_process_group(backend, store=alone, rank=0, world_size=1)
    return dist.get_rank(), dist.get_world_size()


def share(number, what, world_size):
    if number % world_size:
        raise ValueError(
            f"{number:,} {what} can't be shared evenly by {world_size}"
            " processes"
        )
    return number // world_size


def get_data(train_ds, valid_ds, batch_size, rank, world_size):
    share(len(train_ds), "images", world_size)
    share_of_batch = share(batch_size, "images of a batch", world_size)
    sampler = DistributedSampler(train_ds, seed=torch.initial_seed())
    train_dl = DataLoader(train_ds, batch_size=share_of_batch, sampler=sampler)
    valid_ds = Subset(valid_ds, range(rank, len(valid_ds), world_size))
    valid_dl = DataLoader(valid_ds, batch_size=batch_size * 2)
    return train_dl, valid_dl


def train(
    x_train,  # (n, 784) floats, an image a row
    y_train,  # (n,) int64, the digits
    x_valid,  # (m, 784)
    y_valid,  # (m,)
    log,  # takes the loss of every batch
    epochs=2,
    batch_size=64,
    lr=0.1,
    momentum=0.9,
    device=device,
):
    def preprocess(x, y):
        return x.view(-1, 1, 28, 28).to(device), y.to(device)

    rank, world_size = join(device)
    train_ds = TensorDataset(x_train, y_train)
    valid_ds = TensorDataset(x_valid, y_valid)
    train_dl, valid_dl = get_data(
        train_ds, valid_ds, batch_size, rank, world_size
    )
    train_dl = WrappedDataLoader(train_dl, preprocess)
    valid_dl = WrappedDataLoader(valid_dl, preprocess)
    model = DistributedDataParallel(cnn().to(device))
    opt = optim.SGD(model.parameters(), lr=lr, momentum=momentum)

    fit(epochs, model, opt, train_dl, valid_dl, log)
    x_valid, _ = preprocess(x_valid, y_valid)
    with torch.no_grad():
        pred = model.module(x_valid).cpu()
    dist.destroy_process_group()
    return pred


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
