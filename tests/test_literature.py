"""The table that puts this code's figures beside those of papers."""

import json

import pytest

from benchmarks import papers
from ui.evidence.literature import literature_table
from vae_core.config import make_configs
from vae_core.places import LITERATURE


def training(epochs: int, nll: float, finished: bool = True) -> dict:
    return {"epochs": epochs, "of_at_most": 1000, "finished": finished, "ours": {"nll": nll}}


@pytest.mark.parametrize(
    ("runs", "ours", "difference", "reached"),
    [
        ([], "not measured", "", "not begun"),
        ([training(87, 140.0, False)], "not measured", "", "87 of at most 1,000 epochs, there 140.00"),
        ([training(300, 85.0), training(9, 99.0, False)], "85.00", "−0.50", "300 epochs"),
        ([training(300, 86.0), training(310, 88.0)], "87.00 ± 1.41", "+1.50", "2 seeds: 300, 310 epochs"),
    ],
)
def test_only_trainings_to_the_end_have_a_figure(runs, ours, difference, reached):
    entry = {"setting": "a VAE", "source": "a paper", "paper": {"nll": 85.5}, "runs": dict(enumerate(runs))}
    row = literature_table({"name": entry}).iloc[0]
    assert (row["Ours"], row["Difference"], row["Training"]) == (ours, difference, reached)
    assert (row["Figure"], row["Paper"], row["Source"]) == ("−log p(x)", "85.50", "a paper")


def test_every_paper_is_in_the_file_with_its_own_figures():
    entries = json.loads(LITERATURE.read_text(encoding="utf-8"))
    assert {name: entry["paper"] for name, entry in entries.items()} == {
        name: paper.figures for name, paper in papers.PAPERS.items()
    }
    for paper in papers.PAPERS.values():
        make_configs(paper.kind, {"epochs": 1} | paper.settings)  # they are settings there are


def test_a_result_is_kept_beside_those_of_other_seeds(tmp_path, monkeypatch):
    monkeypatch.setattr(papers, "LITERATURE", tmp_path / "literature.json")
    for seed, epochs, finished in ((0, 5, False), (1, 6, False), (0, 7, True), (0, 8, False), (0, 9, True)):
        papers.keep("svae-2d", seed, {"epochs": epochs, "finished": finished})
        if epochs == 8:
            entries = json.loads((tmp_path / "literature.json").read_text(encoding="utf-8"))
            assert entries["svae-2d"]["runs"]["0"] == {"epochs": 7, "finished": True}
    entries = json.loads((tmp_path / "literature.json").read_text(encoding="utf-8"))
    assert entries["svae-2d"]["runs"] == {
        "0": {"epochs": 9, "finished": True}, "1": {"epochs": 6, "finished": False}
    }  # fmt: skip
    assert entries["svae-5d"]["runs"] == {}
