"""The picture of all claims: where numbers lie on the strips, and that it can be drawn."""

import pytest

from ui.charts.claims import ClaimStrip, ClaimValue, claims_chart, claims_tables
from ui.charts.export import Figure, svg


def strip(*values: float, limit: float = 0.2, at_least: bool = False, null: float | None = 0.01) -> ClaimStrip:
    """A claim about one model, with a value for each seed."""
    runs = [ClaimValue("VAE", seed, value, 0.01, shown=seed == 0) for seed, value in enumerate(values)]
    return ClaimStrip("name", "VAE", "A claim", "distance", limit, "", at_least, "✓ holds", "", runs, null)


@pytest.mark.parametrize("values", [(0.1, 0.15), (1e-4, 3.0), (-0.01, 0.5), (0.2,), (0.0, 1000.0), ()])
@pytest.mark.parametrize("at_least", [False, True])
def test_a_value_lies_on_the_grey_part_of_its_strip_if_and_only_if_it_is_on_the_right_side_of_the_limit(
    values, at_least
):
    tables = claims_tables([strip(*values, at_least=at_least)])
    [row], shown = tables["strips"].to_dict("records"), tables["values"]
    assert shown["at"].is_monotonic_increasing
    assert shown["at"].between(0, 1).all()
    within = shown["at"].between(row["start"] - 1e-6, row["end"] + 1e-6)
    assert within.tolist() == [value >= 0.2 if at_least else value <= 0.2 for value in values]
    assert ((shown["low"] <= shown["at"]) & (shown["at"] <= shown["high"])).all()


def test_a_claim_without_a_reference_has_no_tick_and_the_chart_draws_with_any_number_of_claims():
    assert claims_tables([strip(0.1, null=None)])["nulls"].empty
    tables = claims_tables([])
    assert {name: len(table) for name, table in tables.items()} == {"strips": 0, "nulls": 0, "values": 0}
    figure = Figure("Claims", claims_chart("dark", ("AE", "VAE", "cVAE"), 2), claims_tables([strip(0.1), strip(3.0)]))
    assert "A claim" in svg(figure).decode()
