"""Every executor comes to the same pictures, and a new one needs nothing but a class of its own."""

from __future__ import annotations

import pickle
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylize import device
from stylize.cli import main
from stylize.errors import StylizeError
from stylize.execution import Done, Ended, Executor, Failed, Job, OneByOne, Step, Stop, choice, execute_all
from stylize.execution.batched import Batched
from stylize.execution.crossing import Parcel, packed_job, parcels, unpacked_job
from stylize.execution.events import Work
from stylize.execution.sharing import Sharing

from .jobs import job, picture


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")
    monkeypatch.setenv("STYLIZE_DTYPE", "float32")


def there(data: bytes) -> list[bytes]:
    """A job where it is run, and its parcels, which cross as bytes."""
    steps = unpacked_job(pickle.loads(data)).run()
    return [pickle.dumps(parcel) for parcel in parcels(steps, lambda progress: None)]


class Far:
    """Several jobs at once, each of which could be in another process."""

    def run(self, jobs: Iterable[Job], stop: Stop) -> Generator[Work]:
        with ThreadPoolExecutor(2) as pool:
            futures = {pool.submit(there, pickle.dumps(packed_job(each))): each for each in jobs}
            for future in as_completed(futures):
                yield from self._opened(futures[future], map(pickle.loads, future.result()))

    def _opened(self, job: Job, arrived: Iterable[Parcel]) -> Generator[Work]:
        try:
            for parcel in arrived:
                yield Step(job, parcel.opened())
        except StylizeError as error:
            yield Failed(job, error)
        else:
            yield Ended(job)


EXECUTORS = {"one by one": OneByOne, "batched": lambda: Batched(10**6), "sharing": Sharing, "far": Far}


def made(executor: Executor, works: list[Job]) -> list[torch.Tensor]:
    done = [each.result for each in execute_all(works, executor=executor) if isinstance(each, Done)]
    assert len(done) == len(works)
    assert all(result.complete for result in done)
    pictures = {result.job: result.picture for result in done}
    return [pictures[work] for work in works]


@pytest.mark.parametrize("mode", ["adain", "cyclegan", "gatys"])
@pytest.mark.parametrize("name", list(EXECUTORS))
def test_the_pictures_are_the_same(name: str, mode: str) -> None:
    changes = {"gatys": {"steps": 2, "style_layers": "relu1_1", "content_layers": "relu2_1"}}.get(mode, {})
    if mode != "adain":
        changes = {"mode": mode, **changes}
    works = [_job(n, mode, changes) for n in range(3)]
    wanted = made(OneByOne(), works)
    executor: Executor = EXECUTORS[name]()
    for found, each in zip(made(executor, works), wanted, strict=True):
        torch.testing.assert_close(found, each, atol=2e-3 if name == "batched" else 0, rtol=0)


def _job(n: int, mode: str, changes: dict[str, object]) -> Job:
    from stylize import api

    styles = () if mode == "cyclegan" else picture(99)
    given = {"mode": mode, "content_side": 48, **changes}
    return api.job(picture(n), styles, **given)  # type: ignore[arg-type]


def test_what_a_user_can_mend_crosses_as_a_value() -> None:
    good, bad = job(1), job(2, network="nothing")
    with pytest.raises(StylizeError):
        list(execute_all([bad], executor=Far()))  # before it runs anywhere: it is fetched here
    parcel = pickle.loads(there(pickle.dumps(packed_job(bad)))[-1])
    with pytest.raises(StylizeError, match="nothing"):
        parcel.opened()
    assert len(made(Far(), [good])) == 1


def test_the_command_line_paints_a_folder_with_another_executor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "album").mkdir()
    for n in range(3):
        Image.fromarray(picture(n)).save(tmp_path / "album" / f"{n}.png")
    Image.fromarray(picture(99)).save(tmp_path / "style.png")
    argv = ["adain", str(tmp_path / "album"), "--style", str(tmp_path / "style.png"), "--content-side", "48"]
    assert main([*argv, "-o", str(tmp_path / "here")]) == 0
    monkeypatch.setattr(choice, "for_many", lambda mode, settings: Far())
    assert main([*argv, "-o", str(tmp_path / "far")]) == 0
    names = sorted(path.name for path in (tmp_path / "here").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "far").iterdir())
    for name in names:
        here, far = (np.asarray(Image.open(tmp_path / folder / name)) for folder in ("here", "far"))
        assert np.array_equal(here, far)


def test_many_jobs_are_batched_where_the_device_gains_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = job().settings
    assert choice.for_many("adain", settings) is None
    monkeypatch.setattr(device.Compute, "batch_pixels", lambda self: 1000)
    assert isinstance(choice.for_many("adain", settings), Batched)
    assert choice.for_many("adain", job(color="linear").settings) is None
