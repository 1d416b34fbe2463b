"""Vega specifications of charts, against Vega-Lite's own compiler."""

import re

import vl_convert

from tests.support.helpers import shipped
from ui import charts
from ui.charts.vega import _compiled
from ui.spaces.space import space_chart


def spec(beta):
    return space_chart(shipped("vae", beta=beta), empty=True).to_dict()


def values(vega):
    return {signal["name"]: signal.get("value") for signal in vega["signals"]}


def test_a_chart_is_drawn_as_its_own_specification_is():
    chart = spec(1.0)
    drawn = (vl_convert.vega_to_svg(charts.compiled(chart)), vl_convert.vegalite_to_svg(chart))
    first, second = (re.sub(r"clip\d+", "clip", svg) for svg in drawn)  # numbered through
    assert first == second
    assert chart["title"]["subtitle"] in first


def test_charts_that_differ_in_title_and_window_are_compiled_once():
    _compiled.cache_clear()
    first, second = charts.compiled(spec(1.0)), charts.compiled(spec(4.0))
    assert _compiled.cache_info().misses == 1
    assert values(first)["subtitle"] != values(second)["subtitle"]
    assert values(first)["x_low"] != values(second)["x_low"]
    assert {name: value for name, value in first.items() if name != "signals"} == {
        name: value for name, value in second.items() if name != "signals"
    }
