"""Loss curves: every figure of the history, none that does not exist, and scales that stand still."""

import json
from typing import Any

import pyarrow as pa
import pytest

from tests.support.helpers import EPOCHS, each_kind
from ui import charts
from vae_core.history import Losses
from vae_core.runs import Run

COLUMNS = ["epoch", "value", "term", "split", "series"]


@each_kind
def test_a_runs_curves_are_its_history(runs: dict[str, Run], kind: str) -> None:
    info = runs[kind].info
    table = charts.history_table({"one": charts.curve_of(info)})
    assert list(table.columns) == COLUMNS
    for term in charts.TERMS:
        for number, split in enumerate(("train", "test")):
            rows = table[(table.term == term) & (table.split == split)]
            expected = [getattr(epoch[number], term) for epoch in info.history]
            if expected[0] is None:
                assert rows.empty
                continue
            assert rows.value.tolist() == pytest.approx(expected, rel=1e-6)
            assert rows.epoch.tolist() == list(range(1, EPOCHS + 1))


def test_while_a_training_runs_test_figures_exist_only_at_whole_epochs() -> None:
    some = Losses(100.0, 5.0)
    curve = [(0.0, None, some), (0.5, some, None), (1.0, some, some), (1.5, some, None)]
    table = charts.history_table({"one": curve})
    assert sorted(table[table.split == "test"].epoch.unique()) == [1.0]
    assert sorted(table[table.split == "train"].epoch.unique()) == [1.0, 1.5]
    early = charts.history_table({"one": curve[:2]})
    assert early.epoch.unique().tolist() == [0.5]  # the first epoch is shown until there is more


@pytest.mark.parametrize("curves", [{}, {"one": []}, {"one": [(0.0, None, Losses(1.0, None))]}])
def test_without_losses_the_table_is_empty_and_travels(curves: dict[str, Any]) -> None:
    table = charts.history_table(curves)
    assert table.empty
    back = pa.ipc.open_stream(charts.arrow(table)).read_all().to_pandas()
    assert list(back.columns) == COLUMNS


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chart_names_its_terms_units_and_series(theme: str) -> None:
    spec = charts.history_chart(theme, ("a", "b"), ("#111111", "#222222"), epochs=10)
    text = json.dumps(spec)
    for words in ("Reconstruction loss, nats per image", "KLD, nats per image", "epochs"):
        assert words in text
    assert '"domain": ["a", "b"], "range": ["#111111", "#222222"]' in text
    assert text.count('"domain": [0, 10]') >= 2  # the axes stand still while a training runs
    assert charts.CURVES in text
    assert charts.filled(spec, {charts.CURVES: b"x"})["datasets"][charts.CURVES] == b"x"


def test_without_a_kld_one_panel_has_all_the_room() -> None:
    text = json.dumps(charts.history_chart("light", ("a",), ("#111111",), terms=("recon",)))
    assert "KLD" not in text
    assert '"range": [{"expr": "0"}, {"expr": "width"}]' in text
