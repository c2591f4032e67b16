"""The device and the number format of the networks: chosen here and nowhere else.

CUDA, else MPS, else the CPU. bfloat16 where the hardware multiplies it natively, else float16 on
older CUDA, else float32. Statistics and the optimised picture stay in float32 whatever this says, and
float32 is not TF32: what may be rounded is in half precision already. There are no more CPU threads than the
container may use, unless ``OMP_NUM_THREADS`` says how many.
``STYLIZE_DEVICE`` (``cpu``, ``cuda``, ``cuda:1``, ``mps``) and ``STYLIZE_DTYPE`` (``float32``,
``bfloat16``, ``float16``) override it.
"""

from __future__ import annotations

import functools
import gc
import math
import os
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from .errors import SettingsError
from .system import heap, threads

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
Module = TypeVar("Module", bound=nn.Module)
# Reckoned: the full-size AdaIN decoder has some 500 bytes a pixel at once, and convolutions want workspace.
BYTES_A_PIXEL = 1500
MOST_BATCHED = 16_000_000  # pixels: what a large accelerator needs to be busy
# What the CPU's allocator and MPS say; on CUDA there is a class for it. And what kernels say of 2^31 numbers,
# too many for their 32-bit indices: smaller pictures are the way out of that as well.
_NO_MEMORY = (
    "not enough memory",
    "can't allocate memory",
    "cannot allocate memory",
    "out of memory",
    "bad_alloc",
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
    "invalid buffer size",
    "32-bit index",
    "canuse32bitindexmath",
    "less than int_max elements",
)


@dataclass(frozen=True)
class Compute:
    """A device and the number format of the networks on it."""

    device: torch.device
    dtype: torch.dtype

    def place(self, network: Module) -> Module:
        """``network`` on the device, its convolutions in the dtype and channels_last, without gradients."""
        network.requires_grad_(False).eval().to(self.device)
        for part in network.modules():
            if isinstance(part, (nn.Conv2d, nn.ConvTranspose2d)):  # buffers stay in float32
                part.to(self.dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return network

    def batch_pixels(self) -> int:
        """How many pixels, of several pictures, are best worked on at once; 0 where batches gain nothing."""
        if self.device.type != "cuda":
            return 0
        free, _ = torch.cuda.mem_get_info(self.device)
        return min(MOST_BATCHED, free // BYTES_A_PIXEL)

    def release(self) -> None:
        """Give back the memory that the allocator keeps for later."""
        _empty(self.device.type)


def give_back() -> None:
    """Give back to the system what is kept for later and was not freed yet, as between two runs.

    That is the memory of the accelerator's allocator, if one was used, and of the C library's, where it is
    glibc's, which keeps the pages of many small things.
    """
    gc.collect()
    if torch.cuda.is_initialized():
        _empty("cuda")
    elif torch.backends.mps.is_available():
        _empty("mps")
    heap.trim()


def _empty(kind: str) -> None:
    if kind == "cuda":
        torch.cuda.empty_cache()
    elif kind == "mps":
        torch.mps.empty_cache()


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor on the device; to CUDA from pinned memory, so that nobody waits until it is there."""
    if device.type != "cuda" or tensor.device.type != "cpu":
        return tensor.to(device)
    try:
        pinned = tensor.contiguous().pin_memory()  # not of a tile: that would pin the whole picture
    except RuntimeError:  # some systems allow little of it
        return tensor.to(device)
    return pinned.to(device, non_blocking=True)


def choose(device: str | None = None, dtype: str | None = None) -> Compute:
    """The device policy. Raises SettingsError for a device that is not there."""
    device = device or os.environ.get("STYLIZE_DEVICE") or _best_device()
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise SettingsError(
            "The device {device!r} is not usable here: choose cpu, or leave the choice open.", device=device
        ) from error
    _settle(chosen)
    dtype = dtype or os.environ.get("STYLIZE_DTYPE") or ""
    if dtype and dtype not in DTYPES:
        raise SettingsError("{dtype!r} is no number format: use float32, bfloat16 or float16.", dtype=dtype)
    return Compute(chosen, DTYPES[dtype] if dtype else _best_dtype(chosen))


def _settle(device: torch.device) -> None:
    if device.type == "cuda":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch 2.9 asks for names that older releases do not have
            torch.backends.cuda.matmul.allow_tf32 = False
            torch.backends.cudnn.allow_tf32 = False
    threads.watch()
    if not os.environ.get("OMP_NUM_THREADS"):
        allowed = cpu_quota()
        if allowed < torch.get_num_threads():
            torch.set_num_threads(max(1, math.ceil(allowed)))


@functools.cache
def cpu_quota(groups: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> float:
    """How many CPUs' time this process may use by its control groups, infinite without a limit.

    Torch counts the CPUs that it may run on; a container's limit is on their time, and threads beyond it only
    wait for each other.
    """
    found = [math.inf]
    with suppress(OSError, ValueError):  # version 1, which counts from the container's own group
        quota, period = (
            int((groups / "cpu" / f"cpu.cfs_{kind}_us").read_text()) for kind in ("quota", "period")
        )
        found += [quota / period] if quota > 0 else []
    here = groups
    with suppress(OSError, ValueError, StopIteration):
        lines = own.read_text().splitlines()
        here /= next(line for line in lines if line.startswith("0::"))[3:].strip().lstrip("/")
    for group in (here, *here.parents):
        with suppress(OSError, ValueError):
            found += [_share((group / "cpu.max").read_text())]
    return min(found)


def _share(text: str) -> float:
    """Of ``QUOTA PERIOD``. Raises ValueError, also for ``max``, which is no limit."""
    quota, period = map(int, text.split())
    return quota / period


def _best_device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _best_dtype(device: torch.device) -> torch.dtype:
    if device.type == "cuda":
        ampere = torch.cuda.get_device_capability(device) >= (8, 0)
        return torch.bfloat16 if ampere else torch.float16
    if device.type == "cpu" and _cpu_multiplies_bf16():
        return torch.bfloat16
    return torch.float32


def _cpu_multiplies_bf16() -> bool:
    # The public name came after torch 2.8; the private one serves the older releases.
    capability = getattr(torch.cpu, "get_capabilities", None)
    if capability is not None:
        found = capability()
        return bool(found.get("amx_bf16") or found.get("amx_tile") or found.get("avx512_bf16"))
    return any(
        getattr(torch.cpu, probe, lambda: False)()
        for probe in ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out, on the accelerator or on the CPU, or that a tensor is too
    large for a kernel's indices."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(phrase in text for phrase in _NO_MEMORY)
