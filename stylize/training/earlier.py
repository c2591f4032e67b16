"""Names that settings and entries of checkpoints had in earlier versions. Files with these are still read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# By table, from the earlier to the present name; those of [task] are of all tasks together.
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "loop": {"optimiser": "optimizer", "come_round": "distinct_batches"},
    "task": {
        "teacher_normalisation": "teacher_normalization",
        "start": "init",
        "taps": "layers",
        "fixed": "frozen",
        "judge_width": "discriminator_width",
        "judge_scales": "discriminator_scales",
        "pool": "pool_size",
        "start_steps": "pretrain_steps",
        "start_statistics_weight": "pretrain_statistics_weight",
        "start_content_weight": "pretrain_content_weight",
    },
    "data": {"smallest": "min_crop", "colourful": "min_color"},
    "library": {"most": "max_works", "share": "min_share", "grey": "gray", "enough": "min_works"},
}
_ENTRIES = {"optimisers": "optimizers"}
_NETWORKS = {"typical_a": "statistics_a", "typical_b": "statistics_b"}


def renamed_settings(table: str, values: Mapping[str, object]) -> dict[str, object]:
    """The values of a table of a configuration, such as ``"loop"``, with the present names."""
    return _renamed(values, SETTINGS.get(table, {}))


def renamed_checkpoint(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state of a run, as :mod:`checkpointing` saves it, with the present names.

    Raises errors of several kinds for what is no such state.
    """
    config = dict(state["config"])
    for table in ("loop", "task"):
        config[table] = renamed_settings(table, config[table])
    config["data"] = [renamed_settings("data", row) for row in config["data"]]
    state = _renamed(state, _ENTRIES)
    for part in ("networks", "average"):
        state[part] = _renamed(state[part], _NETWORKS)
    return {**state, "config": config}


def _renamed(values: Mapping[str, object], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in values.items()}
