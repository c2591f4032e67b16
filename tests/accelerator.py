"""An accelerator that is not there: the CPU works, and refuses what Apple's GPU refuses.

What is put on ``mps`` is remembered by its storage, says that it lies there, and passes that on to what is
made of it. No float64 comes there, no decomposition runs there, and it does not meet the CPU's tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

MPS = torch.device("mps:0")
CPU = torch.device("cpu")
# What the CPU has to do (torch 2.8); an antialiased enlargement as well, see Accelerator.
MISSING = {
    getattr(torch.linalg, name)
    for name in ("eig", "eigh", "eigvals", "eigvalsh", "lstsq", "matrix_exp", "qr", "solve", "svd", "svdvals")
}
# These take from another device, or only look.
TRANSFERS = {
    Tensor.to, Tensor.cpu, Tensor.copy_, Tensor.__setitem__, Tensor.__getitem__,
    Tensor.data.__set__, torch._has_compatible_shallow_copy_type,
}  # fmt: skip

_far: dict[int, StorageWeakRef] = {}  # of all storages there; a weak reference keeps the address its own


class Accelerator(TorchFunctionMode):
    """While it is in force, ``torch.device("mps")`` is there. ``seen`` counts the results that lay on it."""

    def __init__(self) -> None:
        super().__init__()
        self._backwards = False
        self.seen = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if func == Tensor.device.__get__:
            return MPS if self.has(args[0]) else CPU
        if func is torch.device or name == "_parse_to":
            return func(*args, **kwargs)
        if func is Tensor.backward:  # gradients are made by torch itself, out of sight
            return self._run_backward(*args, **kwargs)
        given = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
        far = self._is_far(func, args, kwargs, given)
        self._refuse(func, name, kwargs, given)
        made = func(*tree_map(_near, args), **tree_map(_near, kwargs))
        if func == Tensor.data.__set__ and self.has(args[1]):
            self._take(args[0])
        if name.endswith("_") and not name.endswith("__"):
            return made  # in place: it stays where it is
        if isinstance(made, Tensor) and given and self.has(given[0]) != far and _shared(made, given[0]):
            made = made.clone()  # from one device to the other it is no longer the same memory
        for each in tree_leaves(made) if far else ():
            if isinstance(each, Tensor):
                self._take(each)
        return made

    def has(self, tensor: object) -> bool:
        """Whether a tensor lies there."""
        return isinstance(tensor, Tensor) and tensor.untyped_storage()._cdata in _far

    def _take(self, tensor: Tensor) -> None:
        if tensor.dtype == torch.float64:
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype as the framework has none")
        storage = tensor.untyped_storage()
        _far.setdefault(storage._cdata, StorageWeakRef(storage))
        self.seen += 1

    def _is_far(self, func: Any, args: Any, kwargs: Any, given: list[Tensor]) -> bool:
        asked = [each for each in tree_leaves((args, kwargs)) if isinstance(each, (torch.device, str))]
        devices = [each.type if isinstance(each, torch.device) else each.partition(":")[0] for each in asked]
        if func is Tensor.cpu or "cpu" in devices:
            return False
        return "mps" in devices or any(map(self.has, given))

    def _refuse(self, func: Any, name: str, kwargs: Any, given: list[Tensor]) -> None:
        there = [self.has(each) for each in given]
        if not any(there):
            return
        smooth = name == "interpolate" and kwargs.get("antialias")
        if func in MISSING or smooth or name in ("numpy", "pin_memory"):
            raise NotImplementedError(f"{name} is not currently implemented for the MPS device")
        apart = [each for each, is_there in zip(given, there, strict=True) if not is_there and each.dim()]
        if apart and not self._backwards and func not in TRANSFERS:
            raise RuntimeError(f"{name}: expected all tensors to be on the same device, mps:0 and cpu")

    def _run_backward(self, loss: Tensor, **kwargs: Any) -> None:
        self._backwards = True
        try:
            with self:
                torch.autograd.backward(loss, kwargs.get("gradient"), kwargs.get("retain_graph"))
        finally:
            self._backwards = False


def _shared(one: Tensor, other: Tensor) -> bool:
    return one.untyped_storage()._cdata == other.untyped_storage()._cdata


def _near(value: Any) -> Any:
    if isinstance(value, torch.device) and value.type == "mps":
        return CPU
    return "cpu" if isinstance(value, str) and value.partition(":")[0] == "mps" else value
