"""Properties of styles that Stylize does not have, declared for as long as a test runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from stylize.inputs import StyleInput, StyleProperties, style_properties
from stylize.notebook import StyleRef
from stylize.notebook.schema import record
from stylize.recipe import StyleFileRef

MADE = (
    "__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__match_args__",
    "__replace__", "__dataclass_fields__", "__dataclass_params__",
)  # fmt: skip


@contextmanager
def declared(**properties: tuple[Any, str]) -> Iterator[None]:
    """As if :class:`StyleProperties` had these lines: by the name the declaration and the annotation."""
    with ExitStack() as undo:
        for name, (declaration, annotation) in properties.items():
            StyleProperties.__annotations__[name] = annotation
            setattr(StyleProperties, name, declaration)
            undo.callback(StyleProperties.__annotations__.pop, name)
            undo.callback(lambda name=name: delattr(StyleProperties, name))
        for kind in (StyleProperties, StyleInput, StyleFileRef, StyleRef):
            undo.enter_context(_made_again(kind))
        undo.callback(_forget)
        _forget()
        yield


@contextmanager
def _made_again(kind: type) -> Iterator[None]:
    """The dataclass with the fields that it and its bases have now; then as it was."""
    before = {name: vars(kind)[name] for name in MADE if name in vars(kind)}
    defaults = {each.name: vars(kind).get(each.name) for each in dataclasses.fields(kind)}
    own = {name: before["__dataclass_fields__"][name] for name in kind.__annotations__
           if name in before["__dataclass_fields__"]}  # fmt: skip
    for name in before:
        delattr(kind, name)
    for name, each in own.items():
        setattr(kind, name, _again(each))
    dataclasses.dataclass(frozen=True)(kind)
    try:
        yield
    finally:
        for name in MADE:
            if name in vars(kind):
                delattr(kind, name)
        for name, value in before.items():
            setattr(kind, name, value)
        for name, value in defaults.items():
            if value is not None:
                setattr(kind, name, value)


def _again(each: dataclasses.Field[Any]) -> Any:
    return dataclasses.field(default=each.default, metadata=each.metadata)


def _forget() -> None:
    style_properties.cache_clear()
    record._DECLARED.clear()
