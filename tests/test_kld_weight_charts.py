"""The pictures of the page "KLD weight": rate against distortion, and windows."""

import numpy as np

from ui.charts import Window
from ui.charts.tradeoff import TradeoffPoint, tradeoff_tables
from vae_core.runs import list_runs

SHIPPED = list_runs()


def points() -> list[TradeoffPoint]:
    return [
        TradeoffPoint(info.id, info.model.kind, info.train.beta, info.test.kld, info.test.recon, "", False)
        for info in SHIPPED
        if info.train.dataset == "mnist" and info.train.beta is not None
    ]


def test_lines_of_equal_elbo_hold_their_sum_and_cross_the_plot():
    tables = tradeoff_tables(points())
    levels, runs = tables["levels"], tables["runs"]
    np.testing.assert_allclose(levels["at"] + levels["recon"], levels["level"])
    assert 4 <= levels["level"].nunique() <= 12
    assert levels["level"].min() <= runs["cost"].min() + 20
    assert (levels.groupby("level")["named"].sum() == 1).all()
    np.testing.assert_allclose(runs["cost"], -np.array([-(p.kld + p.recon) for p in points()]))


def test_a_rate_without_limit_stands_at_the_edge_and_leaves_the_axis_to_the_others():
    runs = tradeoff_tables(points())["runs"]
    beyond = runs["beta"] == 0
    assert (runs["shape"] == "beyond the axis").tolist() == beyond.tolist()
    assert runs.loc[beyond, "at"].nunique() == 1 < runs.loc[beyond, "kld"].nunique()
    assert (runs.loc[~beyond, "at"] == runs.loc[~beyond, "kld"]).all()
    assert runs["at"].max() < 1.2 * runs.loc[~beyond, "at"].max()


def test_of_runs_that_differ_in_the_seed_alone_one_carries_the_number():
    runs = tradeoff_tables(points())["runs"]
    assert (runs["label"] == "1").sum() == 2  # one VAE, one cVAE
    assert tradeoff_tables([])["levels"].empty


def test_a_stepped_window_stands_still_while_points_move_a_little():
    cloud = np.random.default_rng(0).standard_normal((1000, 2)).astype(np.float32)
    assert Window.stepped(cloud) == Window.stepped(1.1 * cloud) == Window((0.0, 0.0), 4.0)
    assert Window.stepped(20 * cloud).half > 50
    assert Window.stepped(np.full((3, 2), np.nan, dtype=np.float32)).half == 4.0
