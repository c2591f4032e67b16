"""Errors carry a template and its values, and survive the way to another process."""

import pickle

import pytest

from stylize import errors
from stylize.errors import Note, StylizeError, note, shown


def kinds(base=StylizeError):
    return [base, *(found for each in base.__subclasses__() for found in kinds(each))]


@pytest.mark.parametrize("kind", kinds())
def test_message_is_the_filled_template(kind):
    error = kind("{file} has {n:.1f} of {total}.", file="a {b}.png", n=1, total=3)
    assert str(error) == "a {b}.png has 1.0 of 3."
    assert error.note == Note("{file} has {n:.1f} of {total}.", {"file": "a {b}.png", "n": 1, "total": 3})


@pytest.mark.parametrize("kind", kinds())
def test_pickle_keeps_kind_template_and_values(kind):
    error = pickle.loads(pickle.dumps(kind("{file} is empty.", file="x.png")))
    assert type(error) is kind
    assert error.note == Note("{file} is empty.", {"file": "x.png"})


def test_a_value_may_be_called_as_the_parameters_are():
    assert str(note("{template} {self}", template="a", self="b")) == "a b"


def test_a_template_without_its_values_is_a_fault_at_once():
    with pytest.raises(KeyError):
        errors.PictureError("{file} is empty.")


def test_what_cannot_be_fetched_is_a_matter_of_weights():
    assert issubclass(errors.OfflineError, errors.WeightsError)
    assert issubclass(errors.CheckpointError, errors.WeightsError)


@pytest.mark.parametrize("value", [1, 0.5, True, None, "a'b", (1, 2), ["x"]])
def test_a_short_value_is_shown_as_it_is(value):
    assert shown(value) == repr(value)


@pytest.mark.parametrize(
    "value", ["x" * 10_000, ["x" * 500] * 500, {str(n): "x" for n in range(500)}, 10**4000]
)
def test_a_long_value_is_shown_short(value):
    assert len(shown(value)) < 700
