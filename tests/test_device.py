import math

import pytest
import torch
from torch import nn

from stylize import device
from stylize.device import Compute, choose, is_out_of_memory
from stylize.errors import SettingsError
from stylize.networks import NORMALIZATIONS, VGG19, ResNetGenerator


@pytest.fixture(autouse=True)
def no_wishes(monkeypatch):
    monkeypatch.delenv("STYLIZE_DEVICE", raising=False)
    monkeypatch.delenv("STYLIZE_DTYPE", raising=False)


def test_an_accelerator_comes_before_the_cpu():
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    assert choose().device.type == ("cuda" if cuda else "mps" if mps else "cpu")


def test_the_environment_decides(monkeypatch):
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")
    for name, dtype in device.DTYPES.items():
        monkeypatch.setenv("STYLIZE_DTYPE", name)
        assert choose() == Compute(torch.device("cpu"), dtype)


def test_an_argument_comes_before_the_environment(monkeypatch):
    monkeypatch.setenv("STYLIZE_DEVICE", "nonsense")
    monkeypatch.setenv("STYLIZE_DTYPE", "float16")
    assert choose("cpu", "float32") == Compute(torch.device("cpu"), torch.float32)


@pytest.mark.parametrize("name", ["toaster", "cpu:x", "cuda:99", "meta:-2"])
def test_a_device_that_is_not_there(name):
    with pytest.raises(SettingsError, match=rf"{name}.*choose cpu"):
        choose(name)


def test_a_number_format_that_is_not_there():
    with pytest.raises(SettingsError, match=r"'int8'.*bfloat16"):
        choose("cpu", "int8")


@pytest.mark.parametrize(("capability", "dtype"), [((7, 5), torch.float16), ((8, 0), torch.bfloat16)])
def test_cuda_before_ampere_has_no_bfloat16(monkeypatch, capability, dtype):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    assert device._best_dtype(torch.device("cuda")) is dtype


@pytest.mark.parametrize(
    ("found", "dtype"),
    [
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": True}, torch.bfloat16),
        ({"avx2": True, "avx512_bf16": False}, torch.float32),
    ],
)
def test_a_cpu_gets_bfloat16_where_it_multiplies_it(monkeypatch, found, dtype):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found, raising=False)
    assert choose("cpu").dtype is dtype


@pytest.mark.parametrize("supported", [True, False])
def test_older_torch_is_asked_in_its_own_way(monkeypatch, supported):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: supported, raising=False)
    assert choose("cpu").dtype is (torch.bfloat16 if supported else torch.float32)


def test_placing_keeps_the_colors_in_float32():
    compute = Compute(torch.device("cpu"), torch.bfloat16)
    network = compute.place(VGG19((2, 2, 2, 2, 2), "2_1", normalization=NORMALIZATIONS["caffe"]))
    assert not network.training
    assert {parameter.dtype for parameter in network.parameters()} == {torch.bfloat16}
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert {buffer.dtype for buffer in network.buffers()} == {torch.float32}
    assert torch.equal(network.color_bias, torch.tensor(NORMALIZATIONS["caffe"].bias))
    assert network.conv1_2.weight.is_contiguous(memory_format=torch.channels_last)


def test_placing_reaches_transposed_convolutions():
    compute = Compute(torch.device("cpu"), torch.bfloat16)
    network = compute.place(ResNetGenerator(2, 1))
    assert isinstance(network.up1, nn.ConvTranspose2d)
    assert network.up1.weight.dtype == torch.bfloat16


class Unrelated(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"), True),
        (
            RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8"),
            True,
        ),
        (RuntimeError("shape '[2]' is invalid for input of size 3"), False),
        (Unrelated("out of memory"), False),
        (KeyboardInterrupt(), False),
        # As torch's kernels say it: ReflectionPad.cu, UpSampleNearest2d.cu, UpSampleBilinear2d.cu, Col2Im.cu.
        (RuntimeError("input tensor must fit into 32-bit index math"), True),
        (RuntimeError("output gradient tensor must fit into 32-bit index math"), True),
        (
            RuntimeError(
                "upsample_bilinear2d_nhwc only supports output tensors with less than INT_MAX elements"
            ),
            True,
        ),
        (
            RuntimeError("Expected canUse32BitIndexMath(input) && canUse32BitIndexMath(output) to be true"),
            True,
        ),
        (RuntimeError("value cannot be converted to type uint8_t without overflow"), False),
    ],
)
def test_out_of_memory_is_told_from_other_errors(error, expected):
    assert is_out_of_memory(error) is expected


def test_what_this_machine_says_when_memory_runs_out():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**58, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)


def test_float32_is_never_tf32():
    parts = torch.backends.cudnn, torch.backends.cuda.matmul
    before = [part.allow_tf32 for part in parts]
    try:
        for part in parts:
            part.allow_tf32 = True
        device._settle(torch.device("cpu"))
        assert [part.allow_tf32 for part in parts] == [True, True]
        device._settle(torch.device("cuda"))
        assert [part.allow_tf32 for part in parts] == [False, False]
    finally:
        for part, value in zip(parts, before, strict=True):
            part.allow_tf32 = value


@pytest.mark.parametrize(
    ("files", "own", "wanted"),
    [
        ({}, "", math.inf), ({"cpu.max": "max 100000"}, "0::/", math.inf),
        ({"cpu.max": "150000 100000"}, "0::/", 1.5), ({"cpu.max": "garbage"}, "0::/", math.inf),
        ({"a/cpu.max": "200000 100000", "a/b/cpu.max": "max 100000"}, "0::/a/b\n", 2.0),
        ({"a/cpu.max": "800000 100000", "a/b/cpu.max": "50000 100000"}, "0::/a/b\n", 0.5),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, "4:cpu:/x\n", math.inf),
        ({"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000"}, "4:cpu:/x\n", 3.0),
    ],
)  # fmt: skip
def test_a_containers_share_of_the_cpus(tmp_path, files, own, wanted):
    for name, text in files.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "own").write_text(own)
    assert device.cpu_quota(tmp_path / "groups", tmp_path / "own") == wanted


@pytest.mark.parametrize(
    ("quota", "wish", "wanted"), [(1.0, "", 1), (0.3, "", 1), (math.inf, "", 2), (8.0, "", 2), (1.0, "2", 2)]
)
def test_no_more_threads_than_the_container_may_use(monkeypatch, quota, wish, wanted):
    monkeypatch.setattr(device, "cpu_quota", lambda: quota)
    monkeypatch.setenv("OMP_NUM_THREADS", wish)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        choose("cpu")
        assert torch.get_num_threads() == wanted
    finally:
        torch.set_num_threads(before)
