"""Data parallelism under torchrun: each process has its share of a batch, and gradients are averaged.

The gradients go through one flat all-reduce per step. So a task may call its networks in any order and any
number of times, which DistributedDataParallel does not allow; the networks are small beside their
activations, so there is little to gain from overlapping. In a single process all of this does nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor, nn

from .config import TrainingError


def select_device() -> None:
    """Makes this process's own GPU the current one, where torchrun started several processes.

    Must come before anything else touches CUDA: whatever is first put on "cuda" without a number opens a
    context, of some hundred megabytes, on the current device, which is the first for every process.

    Raises:
        TrainingError: there are fewer GPUs than processes.
    """
    wanted = os.environ.get("STYLIZE_DEVICE") or "cuda"
    if not _is_distributed() or wanted.partition(":")[0] != "cuda" or not torch.cuda.is_available():
        return
    own, count = _own(wanted), torch.cuda.device_count()
    if own >= count:
        raise TrainingError(
            "There are more processes than the {count} GPUs of this machine: start torchrun with "
            "--nproc-per-node {count}.",
            count=count,
        )
    torch.cuda.set_device(own)


def _is_distributed() -> bool:
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def _own(device: str) -> int:
    """The number of this process's GPU: the one that was asked for, else one for each process."""
    number = device.partition(":")[2]
    return int(number) if number.isdecimal() else int(os.environ.get("LOCAL_RANK", "0"))


@contextmanager
def process_group(device: torch.device) -> Iterator[None]:
    """A context in which the processes that torchrun started form a group: NCCL on CUDA, gloo elsewhere."""
    if not _is_distributed() or dist.is_initialized():
        yield
        return
    # Its functions hold the group as the default of an argument. Torch imports it as late as the first
    # optimizer; then the group would outlive its end, and its threads abort the process at exit.
    import torch.distributed.nn

    if device.type == "cuda":
        # Given its device, NCCL does not guess one from the rank, nor open a context there.
        own = device if device.index is not None else torch.device("cuda", _own("cuda"))
        dist.init_process_group("nccl", device_id=own)
    else:
        dist.init_process_group("gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def local_device(device: torch.device) -> torch.device:
    """This process's own GPU where there are several, else ``device``."""
    if device.type == "cuda" and device.index is None and world_size() > 1:
        return torch.device("cuda", _own("cuda"))
    return device


def rank() -> int:
    """This process's number, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    """The number of processes."""
    return dist.get_world_size() if dist.is_initialized() else 1


def local_samples(batch: int) -> range:
    """Indices of this process's samples in a batch of that size.

    Raises:
        TrainingError: the batch cannot be divided among the processes.
    """
    processes = world_size()
    if batch % processes:
        raise TrainingError(
            "A batch of {batch} cannot be divided among {processes} processes: choose a multiple.",
            batch=batch,
            processes=processes,
        )
    own = batch // processes
    return range(rank() * own, (rank() + 1) * own)


def broadcast_weights(networks: Iterable[nn.Module]) -> None:
    """Gives all processes the weights and buffers of the first."""
    if world_size() == 1:
        return
    for network in networks:
        for tensor in (*network.parameters(), *network.buffers()):
            dist.broadcast(tensor.data, 0)


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replaces every gradient by its mean over the processes, which is that of the whole batch's loss."""
    if world_size() == 1:
        return
    gradients = [each.grad for each in parameters if each.grad is not None]
    if gradients:
        mean = _mean(torch.cat([each.flatten() for each in gradients]))
        parts = mean.split([each.numel() for each in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view(gradient.shape))


def mean(values: Tensor) -> Tensor:
    """The mean of a tensor over the processes, a new tensor if there are several."""
    return values if world_size() == 1 else _mean(values.clone())


def total(values: Tensor) -> Tensor:
    """The sum of a tensor over the processes, a new tensor if there are several."""
    return values if world_size() == 1 else _mean(values.clone()) * world_size()


def _mean(values: Tensor) -> Tensor:
    dist.all_reduce(values)
    return values.div_(world_size())


def any_process(flag: bool, device: torch.device) -> bool:
    """Whether the flag is set in any process; all get the same answer. ``device`` is where it is summed."""
    if world_size() == 1:
        return flag
    highest = torch.tensor(float(flag), device=device)
    dist.all_reduce(highest, dist.ReduceOp.MAX)
    return bool(highest.item())
