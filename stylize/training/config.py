"""A training run as a TOML file. No torch here.

A file has ``[loop]``, ``[task]`` and one ``[[data]]`` for each folder of pictures.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self, TypeVar

from ..errors import SettingsError, StylizeError, shown
from ..settings import Settings
from ..system.text import decoded
from .earlier import renamed_settings
from .settings import DataSettings, LoopSettings
from .task_settings import TASKS, TaskSettings

Table = TypeVar("Table", bound=Settings)


class TrainingError(StylizeError):
    """A training run that cannot start or go on as it was asked to."""


@dataclass(frozen=True)
class Config:
    """All settings of a training run; not the folders of its data and results."""

    task_name: str
    loop: LoopSettings
    task: TaskSettings
    data: tuple[DataSettings, ...]

    @classmethod
    def read(cls, task_name: str, path: str | os.PathLike[str]) -> Self:
        """From a TOML file, also one with earlier names of settings.

        Raises:
            TrainingError: naming the file, the table and the setting.
        """
        name = Path(path).name
        try:
            content = tomllib.loads(decoded(Path(path).read_bytes(), name, TrainingError))
        except OSError as error:
            raise TrainingError(
                "{file} cannot be read ({reason}): check the path.", file=str(path), reason=error.strerror
            ) from error
        except ValueError as error:
            raise TrainingError("{file} is no TOML: {reason}.", file=name, reason=str(error)) from error
        return cls.from_tables(task_name, content, name)

    @classmethod
    def from_tables(
        cls, task_name: str, content: Mapping[str, object], name: str = "The configuration"
    ) -> Self:
        """From the tables of a TOML file; ``name`` is that file in messages. Raises TrainingError."""
        for table in content:
            if table not in ("loop", "task", "data"):
                raise TrainingError(
                    "{file} has a table {table}, which is unknown: there are loop, task and data.",
                    file=name,
                    table=shown(table),
                )
        rows = content.get("data")
        if not isinstance(rows, list) or not rows:
            raise TrainingError("{file} names no pictures: give it a [[data]] with a folder.", file=name)
        kind = TASKS[task_name]
        return cls(
            task_name,
            _table(LoopSettings, content.get("loop", {}), name, "loop", kind.LOOP),
            _table(kind, content.get("task", {}), name, "task"),
            tuple(_table(kind.DATA, row, name, "data") for row in rows),
        )

    def with_task(self, **changes: str) -> Self:
        """With other settings of the task, such as ``teacher``. Raises TrainingError for an unknown one."""
        found = {**self.task.to_dict(), **changes}
        return replace(self, task=_table(type(self.task), found, "The command line", "task"))

    def to_dict(self) -> dict[str, object]:
        """The same as plain values, for checkpoints."""
        return {
            "task_name": self.task_name,
            "loop": self.loop.to_dict(),
            "task": self.task.to_dict(),
            "data": [each.to_dict() for each in self.data],
        }


def _table(
    kind: type[Table], values: object, name: str, table: str, defaults: Mapping[str, object] | None = None
) -> Table:
    if not isinstance(values, dict):
        raise TrainingError("In {file}, {table} must be a table: [{table}].", file=name, table=table)
    try:
        return kind.from_dict({**(defaults or {}), **renamed_settings(table, values)})
    except SettingsError as error:
        raise TrainingError(
            "{file}, [{table}]: {problem}", file=name, table=table, problem=str(error)
        ) from error


def pairs(values: tuple[str, ...], setting: str) -> dict[str, float]:
    """``("relu1_1:4", ...)`` as a mapping from layer to number. Raises TrainingError, naming ``setting``."""
    found = {}
    for each in values:
        name, _, number = each.partition(":")
        try:
            found[name] = float(number)
        except ValueError:
            raise TrainingError(
                "{setting} has {value}, but it must be like relu1_1:2.", setting=setting, value=shown(each)
            ) from None
    return found
