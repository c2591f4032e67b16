"""What a measurement ran on, in words."""

from __future__ import annotations

import platform
import time
from importlib import metadata
from pathlib import Path

import torch

from stylize.device import choose


def processor() -> str:
    """The name of the CPU."""
    path = Path("/proc/cpuinfo")
    rows = path.read_text().splitlines() if path.is_file() else []
    return next((row.split(":")[1].strip() for row in rows if row.startswith("model name")), "CPU")


def versions() -> str:
    """Of torch and Python."""
    return f"torch {metadata.version('torch')}, Python {platform.python_version()}"


def machine() -> str:
    """Date, processor or GPU, threads, number format and versions, in one line."""
    compute = choose()
    if compute.device.type == "cuda":
        name = torch.cuda.get_device_name(compute.device)
    else:
        name = f"{processor()} {'with' if has_amx() else 'without'} AMX"
    threads = f"{torch.get_num_threads()} threads, {str(compute.dtype).removeprefix('torch.')}"
    return f"{time.strftime('%Y-%m-%d')}; {name}, {threads}; {versions()}"


def has_amx() -> bool:
    """Whether the CPU multiplies bfloat16 matrices in tiles."""
    found = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)()
    return bool(found)
