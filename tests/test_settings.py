"""Over every setting of every mode: flags, JSON and the API accept and refuse the same."""

import argparse
import dataclasses
import json
import math

import numpy as np
import pytest

from stylize import modes, settings
from stylize.errors import SettingsError

MODES = [(each.name, each.settings) for each in modes.specs()]
ALL = [
    pytest.param(cls, each, id=f"{mode}-{each.name}") for mode, cls in MODES for each in settings.options(cls)
]
WRONG = {
    bool: [0, 1, 0.0, "true", "", None, [], {}],
    int: [True, False, 1.5, "7", "", None, [], {}, math.nan, math.inf, -math.inf, 10**400, 1j, b"7"],
    float: [True, False, "0.5", "", None, [], {}, math.nan, math.inf, -math.inf, 10**400, 1j, b"7"],
    str: [0, 1.5, True, None, [], ["style"], {}, b"style"],
    tuple: [0, True, None, {}, [1], [None], [["relu1_1"]], b"relu1_1"],
}


def another(each):
    """A valid value that is not the default."""
    if each.kind is bool:
        return not each.default
    if each.kind in (int, float):
        return each.kind(each.high if each.default != each.high else each.low)
    if each.kind is tuple:
        return each.choices[:2]
    return next(choice for choice in (*each.choices, "own.pth") if choice != each.default)


def parse(cls, *flags):
    parser = argparse.ArgumentParser(exit_on_error=False, allow_abbrev=False)
    settings.add_flags(parser, cls)
    return settings.from_flags(cls, parser.parse_args(list(flags)))


def flags_for(each, value):
    flag = "--" + each.name.replace("_", "-")
    if each.kind is bool:
        return [flag if value else flag.replace("--", "--no-", 1)]
    return [flag, ",".join(value) if each.kind is tuple else str(value)]


@pytest.mark.parametrize(("cls", "each"), ALL)
def test_every_setting_comes_back_from_flags_and_json(cls, each):
    value = another(each)
    parsed = parse(cls, *flags_for(each, value))
    assert getattr(parsed, each.name) == value
    tied = {other.name: other.before for other in settings.options(cls) if other.tied_to == each.name}
    assert parsed == dataclasses.replace(cls(), **tied, **{each.name: value}) != cls()
    assert cls.from_dict(json.loads(json.dumps(parsed.to_dict()))) == parsed


@pytest.mark.parametrize(("cls", "each"), ALL)
def test_every_setting_refuses_other_types_and_says_its_name(cls, each):
    for value in WRONG[each.kind]:
        with pytest.raises(SettingsError, match=rf"^{each.name} is "):
            cls.from_dict({each.name: value})


@pytest.mark.parametrize(("cls", "each"), [p for p in ALL if p.values[1].kind in (int, float)])
def test_bounds_are_inclusive_and_nothing_beyond_passes(cls, each):
    for edge, outwards in ((each.low, -1), (each.high, 1)):
        assert getattr(cls.from_dict({each.name: edge}), each.name) == edge
        beyond = edge + outwards if each.kind is int else math.nextafter(edge, outwards * math.inf)
        with pytest.raises(SettingsError, match=each.name):
            cls.from_dict({each.name: beyond})


@pytest.mark.parametrize(("cls", "each"), [p for p in ALL if p.values[1].choices])
def test_choices_are_closed_unless_they_are_open(cls, each):
    stranger = ("neither",) if each.kind is tuple else "neither"
    if each.open:
        assert getattr(cls.from_dict({each.name: stranger}), each.name) == stranger
    else:
        with pytest.raises(SettingsError, match="must be one of"):
            cls.from_dict({each.name: stranger})


@pytest.mark.parametrize(("cls", "each"), ALL)
def test_every_setting_is_explained_and_has_a_valid_default(cls, each):
    assert each.label
    assert each.help
    assert not each.help.endswith(".")
    assert each.check(each.default) == each.default
    if each.kind in (int, float):
        assert each.low < each.high
        assert each.step > 0
    if each.kind in (str, tuple):
        assert each.choices


@pytest.mark.parametrize(("mode", "cls"), MODES)
def test_flags_that_are_not_given_leave_the_defaults(mode, cls):
    assert parse(cls) == cls()


@pytest.mark.parametrize(("mode", "cls"), MODES)
def test_unknown_names_are_refused_with_the_known_ones(mode, cls):
    with pytest.raises(SettingsError, match=r"no setting 'strenght'.*content_side"):
        cls.from_dict({"strenght": 1})
    with pytest.raises(SettingsError, match="no setting"):
        cls.preset("default", preset="draft")


@pytest.mark.parametrize(("mode", "cls"), MODES)
def test_settings_are_frozen(mode, cls):
    with pytest.raises(dataclasses.FrozenInstanceError):
        cls().content_side = 64


@pytest.mark.parametrize(
    ("cls", "name"),
    [pytest.param(cls, name, id=f"{mode}-{name}") for mode, cls in MODES for name in cls.PRESETS],
)
def test_every_preset_is_valid_and_flags_go_before_it(cls, name):
    preset = cls.preset(name)
    for key, value in cls.PRESETS[name].items():
        assert getattr(preset, key) == value
    assert cls.preset(name, content_side=123) == dataclasses.replace(preset, content_side=123)
    if len(cls.PRESETS) > 1:
        assert parse(cls, "--preset", name) == preset
        default = str(cls().content_side)
        assert parse(cls, "--preset", name, "--content-side", default).content_side == cls().content_side


def test_presets_that_are_named_differ_from_each_other():
    for _, cls in MODES:
        made = [cls.preset(name) for name in cls.PRESETS]
        assert len(set(made)) == len(made)


def test_an_unknown_preset_names_the_known_ones():
    with pytest.raises(SettingsError, match="draft"):
        modes.settings_of("gatys").preset("drafft")


def test_whole_numbers_may_come_as_floats_and_from_numpy():
    cls = modes.settings_of("gatys")
    for value in (300.0, np.int64(300), np.float32(300)):
        steps = cls.from_dict({"steps": value}).steps
        assert (steps, type(steps)) == (300, int)
    weight = cls.from_dict({"style_weight": np.float32(0.5)}).style_weight
    assert (weight, type(weight)) == (0.5, float)


def test_a_list_may_come_as_one_text():
    cls = modes.settings_of("gatys")
    assert cls(style_layers="relu1_1, relu2_1").style_layers == ("relu1_1", "relu2_1")
    assert parse(cls, "--style-layers", "").style_layers == ()


def test_a_hostile_value_makes_no_long_message():
    nested = value = []
    for _ in range(500):
        nested.append([])
        nested = nested[0]
    for wrong in (value, "x" * 100_000, ["x"] * 100_000, {str(n): n for n in range(10_000)}):
        with pytest.raises(SettingsError) as caught:
            modes.settings_of("gatys").from_dict({"color": wrong})
        assert len(str(caught.value)) < 400
    with pytest.raises(SettingsError) as caught:
        modes.settings_of("cyclegan").from_dict({"x" * 100_000: 1})
    assert len(str(caught.value)) < 400


def test_a_percent_sign_in_a_help_text_does_not_break_help():
    @dataclasses.dataclass(frozen=True)
    class Odd(settings.Settings):
        share: int = settings.option(50, label="Share", help="50% of it", low=0, high=100)

    parser = argparse.ArgumentParser()
    settings.add_flags(parser, Odd)
    assert "50% of it; 0 to 100; default: 50" in parser.format_help()


@pytest.mark.parametrize(("cls", "each"), ALL)
def test_a_change_is_checked_and_leaves_the_rest(cls, each):
    value = another(each)
    changed = cls().changed(**{each.name: value})
    assert getattr(changed, each.name) == value
    assert changed == cls(**{each.name: value})
    for wrong in WRONG[each.kind]:
        with pytest.raises(SettingsError):
            cls().changed(**{each.name: wrong})
    with pytest.raises(SettingsError, match="no setting"):
        cls().changed(nothing=1)


RENAMED = [
    pytest.param(cls, each, name, id=f"{mode}-{name}")
    for mode, cls in MODES for each in settings.options(cls) for name in each.earlier
]  # fmt: skip
RENAMED_CHOICES = [
    pytest.param(cls, each, before, now, id=f"{mode}-{before}")
    for mode, cls in MODES for each in settings.options(cls) for before, now in each.earlier_choices.items()
]  # fmt: skip


def test_the_renamed_settings_are_among_them():
    assert {each.values[2] for each in RENAMED} == {"colour", "optimiser", "start"}
    assert {each.values[2] for each in RENAMED_CHOICES} == {"grey"}


@pytest.mark.parametrize(("cls", "each", "earlier"), RENAMED)
def test_an_earlier_name_is_read_wherever_a_setting_is(cls, each, earlier):
    value = another(each)
    wanted = cls(**{each.name: value})
    for found in (
        cls.from_dict({earlier: value}), cls.preset("default", **{earlier: value}),
        cls().changed(**{earlier: value}), parse(cls, f"--{earlier}", value),
    ):  # fmt: skip
        assert found == wanted
    assert earlier not in wanted.to_dict()
    assert wanted.to_oldest_dict()[earlier] == value
    assert settings.find_option(cls, earlier) == each
    for twice in ({earlier: value, each.name: value}, {each.name: value, earlier: value}):
        with pytest.raises(SettingsError, match="twice"):
            cls.from_dict(twice)
    parser = argparse.ArgumentParser()
    settings.add_flags(parser, cls)
    assert f"--{each.name}" in parser.format_help()
    assert f"--{earlier}" not in parser.format_help()


@pytest.mark.parametrize(("cls", "each", "earlier", "now"), RENAMED_CHOICES)
def test_an_earlier_choice_is_read_wherever_a_setting_is(cls, each, earlier, now):
    wanted = cls(**{each.name: now})
    for found in (
        cls(**{each.name: earlier}), cls.from_dict({each.name: earlier}),
        cls().changed(**{each.name: earlier}), parse(cls, f"--{each.name}", earlier),
    ):  # fmt: skip
        assert found == wanted
    assert wanted.to_dict()[each.name] == now
    assert wanted.to_oldest_dict()[each.oldest] == earlier
    assert earlier not in each.choices


def test_a_preset_gives_way_to_an_earlier_name():
    cls = modes.settings_of("gatys")
    assert cls.preset("gatys-2016", start="grey", optimiser="adam") == cls.preset(
        "gatys-2016", init="gray", optimizer="adam"
    )


def test_a_setting_had_the_same_names_in_every_mode():
    """An axis of a sweep has only the name."""
    found: dict[str, set[object]] = {}
    for _, cls in MODES:
        for each in settings.options(cls):
            known = each.names, tuple(each.earlier_choices.items())
            found.setdefault(each.name, set()).add(known)
    assert all(len(each) == 1 for each in found.values())


LATER = [
    pytest.param(cls, each, id=f"{mode}-{each.name}")
    for mode, cls in MODES for each in settings.options(cls) if each.before is not None
]  # fmt: skip


def test_the_later_settings_are_among_them():
    assert {each.values[1].name for each in LATER} >= {"brush", "freedom", "balance", "parametrization"}


@pytest.mark.parametrize(("cls", "each"), LATER)
def test_a_record_without_a_later_setting_is_read_as_what_was_done_before(cls, each):
    assert each.check(each.before) == each.before
    written = cls().to_dict()
    kept = cls.from_record(written)
    assert kept == cls()
    del written[each.name]
    assert cls.from_record(written) == cls().changed(**{each.name: each.before})
    assert cls.from_dict(written) == (cls.from_record(written) if each.tied_to else cls())


@pytest.mark.parametrize(("cls", "each"), LATER)
def test_a_later_setting_joins_a_fingerprint_only_where_it_is_not_as_before(cls, each):
    others = {"before": each.before, "default": each.default, "another": another(each)}
    for value in others.values():
        found = cls().changed(**{each.name: value}).to_oldest_dict()
        assert (each.name in found) == (value != each.before)


def test_flags_from_before_the_balance_name_the_content_weight_and_keep_their_pictures():
    cls = modes.settings_of("gatys")
    assert (cls().balance, cls.preset("draft").balance) == ("adaptive", "adaptive")
    assert parse(cls, "--content-weight", "0.3").balance == "fixed"
    assert cls.preset("fine", content_weight=0.3).balance == "fixed"
    assert cls.from_dict({"content_weight": 0.3}).balance == "fixed"
    assert cls.preset("draft", content_weight=0.3, balance="style").balance == "style"
    assert cls().changed(content_weight=0.5).balance == "adaptive"
    assert cls.preset("gatys-2016").balance == "fixed"


def test_what_names_the_content_weight_and_no_parametrization_optimizes_pixels():
    cls = modes.settings_of("gatys")
    assert cls().parametrization == "pyramid"
    assert cls.from_dict({"content_weight": 0.3}).parametrization == "pixels"
    assert parse(cls, "--content-weight", "0.3", "--parametrization", "pyramid").parametrization == "pyramid"
    assert cls.preset("gatys-2016").parametrization == "pixels"
