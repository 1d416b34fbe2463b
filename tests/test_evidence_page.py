"""The page "Evidence" by Streamlit's own test harness: verdicts, hole maps, closer looks, and what has no evidence."""

import functools
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit
from scipy.spatial.distance import cdist
from streamlit.testing.v1 import AppTest

from tests.support.helpers import (
    assembled,
    damage,
    each_kind,
    every_shipped_run,
    judged,
    one_sentence,
    parts,
    sealed,
    shipped,
    small_model,
    small_training,
)
from tests.support.screens import charts, opened, words
from ui.evidence.information import HEADING
from ui.evidence.samples import COUNT, sorted_samples
from ui.evidence.seeds import METRICS
from ui.jobs import client
from vae_core.config import KINDS
from vae_core.evidence import (
    CLAIMS,
    NUMBERS,
    THRESHOLDS,
    Verdict,
    find_classifier,
    lacking,
    measure,
    read_metrics,
    verdicts,
    verdicts_of,
)
from vae_core.jobs import Job, Order, Queue, Request
from vae_core.runs import LOCAL, Catalogue, Run, RunInfo, from_trained, load_run, publish, publish_bytes
from vae_core.training import train

pytestmark = pytest.mark.usefixtures("pages")
VISITOR = "a visitor"
TITLES = ["Autoencoder · no KLD", "VAE · KLD", "Conditional VAE · KLD + condition"]
SHORT = dict(zip(KINDS, ("AE", "VAE", "cVAE"), strict=True))
VIEWS = ("Information", "Classes", "Samples", "All numbers", "Seeds")


@pytest.fixture(autouse=True)
def visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "visitor", lambda: VISITOR)


def page(**query: str) -> AppTest:
    return opened("pages/5_Evidence.py", **query)


@functools.cache
def looked(**query: str) -> AppTest:
    """The page with all that is shipped, opened once for all tests that only look at it."""
    return page(**query)


def each_view(app: AppTest) -> Iterator[str]:
    """Switch through the closer looks."""
    for view in VIEWS:
        app.button_group(key="view").set_value(view).run()
        assert not app.exception
        yield view


def seeds_of(kind: str) -> list[RunInfo]:
    return [shipped(kind, seed=seed) for seed in range(3)]


def only(folder: Path, *infos: RunInfo) -> None:
    """Leave these runs alone in the folder, with their evidence."""
    for path in folder.iterdir():
        if path.is_symlink() and not path.name.startswith(("classifier-", *(f"{info.id}." for info in infos))):
            path.unlink()


def without_evidence(folder: Path, info: RunInfo) -> None:
    (folder / f"{info.id}.evidence.json").unlink()


def of_few_images(info: RunInfo, n: int = 2000) -> bytes:
    """The content of a run file like another one's, but of fewer test images: it is measured in a moment."""
    header, tensors = parts(info.path.read_bytes())
    tensors |= {name: value[:n] for name, value in tensors.items() if name.startswith("test.")}
    tensors["snapshot.index"] %= n
    return assembled(sealed(header, tensors), tensors)


def columns(app: AppTest) -> dict[str, str]:
    """What stands in the column of claims of each kind."""
    return {kind: words(column) for kind, column in zip(KINDS, app.columns, strict=False)}


def verdicts_in(text: str) -> list[tuple[str, str]]:
    """The claims in a column, each with its verdict."""
    return re.findall(r"\*\*(.+?)\*\*: (holds|does not hold|not defined|not determined)", text)


def gives_reasons(text: str, verdict: Verdict) -> bool:
    """Whether a text gives every reason of a verdict, line by line."""
    return "  \n".join(reason.sentence for reason in verdict.reasons).lower() in text.lower()


def sentence_of(name: str) -> str:
    """A claim in words."""
    return next(claim.sentence for claim in CLAIMS if claim.name == name)


def chart(app: AppTest, table: str, title: str = "") -> dict:
    """The one chart with such a table, and such a title if one is given."""
    (found,) = [shown for shown in charts(app) if table in shown and title in (shown["title"], "")]
    return found


def keys(app: AppTest) -> set[str | None]:
    """Keys of the buttons on the page."""
    return {button.key for button in app.button}


def finished(app: AppTest, seconds: float = 120) -> AppTest:
    """The page once nothing is measured any more."""
    end = time.monotonic() + seconds
    while client.queue().live() or "cancel" in keys(app):
        assert time.monotonic() < end, "the measurement did not end"
        time.sleep(0.2)
        app.run()
        assert not app.exception
    assert not app.error, app.error[0].value
    return app


@pytest.mark.parametrize(
    ("query", "settings"),
    [
        ({}, {}),
        ({"beta": "0"}, {"beta": 0.0}),
        ({"beta": "0.1"}, {"beta": 0.1}),
        ({"beta": "32"}, {"beta": 32.0}),
        ({"seed": "2"}, {"seed": 2}),
        ({"dataset": "Digits"}, {"dataset": "digits"}),
        ({"condition": "embedding"}, {"condition": "embedding"}),
    ],
    ids=str,
)
def test_every_claim_has_its_verdict_its_numbers_and_its_reason(query: dict, settings: dict) -> None:
    app = looked(**query)
    assert not app.exception
    assert not app.error
    shown = columns(app)
    assert list(shown) == list(KINDS)
    for kind, title in zip(KINDS, TITLES, strict=True):
        assert shown[kind].startswith(f"**{title}**")
        info = shipped(kind, **settings)
        told = judged(info)
        claims = verdicts_in(shown[kind])
        assert claims == [(one.claim.sentence, one.verdict) for one in told]
        assert len(claims) == sum(claim.kind == kind for claim in CLAIMS)
        assert all(gives_reasons(shown[kind], one) for one in told)
        if info.train.beta is not None:
            assert f"β = {info.train.beta:g}" in shown[kind]


def test_verdicts_are_counted_over_the_seeds() -> None:
    shown = columns(looked())
    for kind in KINDS:
        reached: dict[str, Counter] = {}
        for info in seeds_of(kind):
            for one in judged(info):
                reached.setdefault(one.claim.sentence, Counter())[one.verdict] += 1
        for one in judged(shipped(kind)):
            times = reached[one.claim.sentence][one.verdict]
            assert re.search(rf"{re.escape(one.claim.sentence)}\*\*: {one.verdict}\W+{times} of 3", shown[kind])


def test_seeds_that_disagree_are_told_apart(fresh: Path) -> None:
    path = fresh / f"{shipped('ae', seed=1).id}.evidence.json"
    content = json.loads(path.read_text())
    content["metrics"]["sliced_wasserstein"]["value"] = content["metrics"]["sliced_wasserstein"]["null"]
    path.unlink()
    path.write_text(json.dumps(content))
    sentence = sentence_of("not_gaussian")
    assert re.search(rf"{sentence}\*\*: holds\W+2 of 3", columns(page())["ae"])
    assert re.search(rf"{sentence}\*\*: does not hold\W+1 of 3", columns(page(seed="1"))["ae"])


def test_a_single_seed_is_not_counted() -> None:
    counted = r"\d of \d"
    assert not re.search(counted, "".join(columns(looked(dataset="Digits")).values()))
    assert not re.search(counted, columns(looked(beta="32"))["vae"])
    assert re.search(counted, columns(looked())["vae"])


def test_a_model_that_ignores_the_image_is_not_praised() -> None:
    shown = columns(looked(beta="32"))
    for kind, name in (("vae", "gaussian_like"), ("cvae", "almost_gaussian")):
        assert (sentence_of(name), "does not hold") in verdicts_in(shown[kind])
        verdict = next(one for one in judged(shipped(kind, 32)) if one.claim.name == name)
        assert {reason.threshold.metric for reason in verdict.reasons} == {"active_units"}
        assert gives_reasons(shown[kind], verdict)


def test_what_cannot_be_determined_is_said_to_be_so() -> None:
    app = looked(beta="0")
    assert dict(verdicts_in(columns(app)["vae"]))[sentence_of("fewer_empty_spaces")] in (
        "not determined",
        "does not hold",
    )
    missing = chart(app, "parts", HEADING)["missing"].set_index("model")["reason"]
    assert missing["VAE"] == missing["cVAE"] == "not determined"
    assert missing["AE"] == "not defined"


def test_the_table_of_thresholds_is_the_one_that_decides() -> None:
    table = looked().dataframe[0].value
    assert len(table) == len(THRESHOLDS)
    claims = {claim.name: claim for claim in CLAIMS}
    for row, (_, shown) in zip(THRESHOLDS, table.iterrows(), strict=True):
        claim = claims[row.claim]
        assert shown["Claim"].startswith(f"{SHORT[claim.kind]}: {claim.sentence}")
        assert row.label in shown["Condition"]
        limit = f"{100 * row.limit:g}%" if row.unit == "share" else f"{row.limit:g} {row.unit}"
        assert f"{row.direction} {limit}" in shown["Condition"]
        assert shown["Effect"] == row.effect


@pytest.mark.parametrize("dataset", ["mnist", "digits"])
def test_hole_maps_say_how_much_is_empty(dataset: str) -> None:
    maps = [shown for shown in charts(looked(dataset=dataset.replace("digits", "Digits"))) if "shade" in shown]
    assert [shown["title"] for shown in maps] == TITLES
    for kind, shown in zip(KINDS, maps, strict=True):
        told = read_metrics(shipped(kind, dataset=dataset))["far_share" if kind == "ae" else "hole_mass"].value
        share, rest = shown["subtitle"].split("%")
        assert float(share) / 100 == pytest.approx(told, rel=0.06, abs=0.0006)
        assert rest
        assert len(shown["points"]) == (2000 if kind == "ae" else 0)
        assert shown["domain"] == [-4, 4]
    far = maps[0]["points"]["far"].mean()
    assert far == pytest.approx(read_metrics(shipped("ae", dataset=dataset))["far_share"].value, abs=0.01)


def test_the_first_place_shown_is_one_that_lacks_codes() -> None:
    app = looked()
    for kind, shown in zip(KINDS, [one for one in charts(app) if "shade" in one], strict=True):
        run = load_run(shipped(kind).path)
        place = shown["clicked"].to_numpy(dtype=np.float64)
        assert np.linalg.norm(place) < 4
        assert cdist(place, run.z()).min() > 2 * np.median(np.sort(cdist(run.z()[:500], run.z()), axis=1)[:, 1])
        if run.latents.logvar is not None:  # q(z) there, written out
            mu, logvar = (values.astype(np.float64) for values in (run.latents.mu, run.latents.logvar))
            q = np.exp(-0.5 * ((place - mu) ** 2 / np.exp(logvar) + logvar).sum(axis=1)).mean()
            assert q < 0.2 * np.exp(-0.5 * (place**2).sum())
        hole, code = (sure for sure in re.findall(r"classifier: \d, (\d+)%", words(app))[2 * KINDS.index(kind) :][:2])
        assert int(hole) < int(code)


@each_kind
def test_a_picked_place_is_decoded_next_to_the_nearest_code(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    info, place = shipped(kind, dataset="digits"), (0.4, -1.6)
    pictures = []
    monkeypatch.setattr(streamlit, "image", lambda picture, **_: pictures.append(picture))
    app = page(dataset="Digits")
    app.session_state["hole_points"] = {info.id: place}
    pictures.clear()
    app.run()
    assert not app.exception
    shown = [one for one in charts(app) if "shade" in one][KINDS.index(kind)]
    np.testing.assert_allclose(shown["clicked"], [place], rtol=1e-6)
    run = load_run(info.path)
    distance = cdist([place], run.z())[0]
    nearest, label = distance.argmin(), run.latents.y[distance.argmin()]
    text = words(app)
    asked = f", asked for {label}" if kind == "cvae" else ""
    assert f"z = (0.4, -1.6){asked}  \n" in text
    assert f"{distance.min():#.3g} σ away{asked}  \n" in text
    import torch

    z = torch.tensor(np.array([place, run.z()[nearest]], dtype=np.float32))
    x_hat = run.model().decode(z, torch.tensor([label, label])).detach().numpy()
    got = pictures[2 * KINDS.index(kind) : 2 * KINDS.index(kind) + 2]
    np.testing.assert_allclose(np.array(got) / 255, x_hat, atol=0.51 / 255)
    seen = find_classifier("digits")(torch.from_numpy(np.array(got)).float() / 255)
    for label, sure in zip(seen.label, seen.confidence, strict=True):
        assert re.search(rf"\n\w+: {label}, {100 * sure:.0f} ?%", text)


def test_of_three_dimensions_there_is_no_map_but_an_explanation(fresh: Path, digits) -> None:
    *_, last = train(small_model("vae", latent_dim=3), small_training(), *digits, "cpu")
    publish(from_trained(last.trained, *digits), fresh / LOCAL)
    app = page(dataset="Digits", latent_dim="3")
    for _ in each_view(app):
        assert not [shown for shown in charts(app) if "shade" in shown]
        assert columns(app)["vae"].count("not determined") == 2  # the claims that compare with an AE or with draws
        assert not verdicts_in(columns(app)["ae"])


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("query", [{}, {"beta": "0"}, {"dataset": "Digits"}], ids=str)
def test_every_closer_look_works_and_is_in_the_url(view: str, query: dict[str, str]) -> None:
    app = looked(view=view, **query)
    assert not app.exception
    assert not app.error
    assert app.session_state["view"] == view
    assert "measure" not in keys(app)


def test_views_are_switched_on_the_page() -> None:
    app = page(dataset="Digits")
    seen = {view: words(app) for view in each_view(app)}
    assert len(set(seen.values())) == len(seen) == len(VIEWS)


@pytest.mark.parametrize("dataset", ["mnist", "digits"])
def test_the_information_bar_adds_up_to_the_rate(dataset: str) -> None:
    shown = chart(looked(dataset=dataset.replace("digits", "Digits")), "parts", HEADING)
    assert shown["missing"]["model"].tolist() == ["AE"]
    assert shown["totals"]["model"].tolist() == ["VAE", "cVAE"]
    for kind in ("vae", "cvae"):
        metrics, parts = read_metrics(shipped(kind, dataset=dataset)), shown["parts"]
        values = parts.loc[parts["model"] == SHORT[kind], "value"]
        names = ("class_information", "within_class_information", "kl_aggregate")
        assert values.tolist() == pytest.approx([metrics[name].value for name in names], rel=1e-5)
        assert values.sum() == pytest.approx(metrics["rate"].value, rel=1e-5)
        assert values.sum() == pytest.approx(shipped(kind, dataset=dataset).test.kld, rel=1e-3)


@pytest.mark.parametrize(("kind", "title"), [("vae", TITLES[1]), ("cvae", TITLES[2])])
def test_information_is_told_for_every_trained_beta(kind: str, title: str) -> None:
    (shown,) = [one for one in charts(looked()) if "parts" in one and one["title"] == title]
    betas = {info.train.beta for info in every_shipped_run() if info.model.kind == kind}
    grid = {f"{beta:g}": read_metrics(shipped(kind, beta)) for beta in betas}
    known = {beta for beta, metrics in grid.items() if metrics["kl_aggregate"].value is not None}
    assert "0" in grid.keys() - known
    assert set(shown["totals"]["beta"]) == known
    assert set(shown["missing"]["beta"]) == grid.keys() - known
    assert shown["totals"]["beta"].astype(float).is_monotonic_increasing
    for row in shown["totals"].itertuples():
        assert row.rate == pytest.approx(grid[row.beta]["rate"].value, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("dataset", ["mnist", "digits"])
def test_samples_are_shown_with_the_classifiers_shares(dataset: str) -> None:
    app = looked(view="Samples", dataset=dataset.replace("digits", "Digits"))
    text, metrics = words(app), read_metrics(shipped("cvae", dataset=dataset))
    for kind in KINDS:
        told = read_metrics(shipped(kind, dataset=dataset))["recognised"]
        assert re.search(rf"{told.value:.1%} .*{told.null:.1%}", text.replace(" %", "%"))
    cells = chart(app, "cells")["cells"]
    shares = cells.pivot(index="requested", columns="classified", values="share").to_numpy()
    np.testing.assert_allclose(shares, metrics["confusion"].value, atol=1e-6)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)
    agreement = metrics["label_agreement"].value
    assert f"{agreement:.1%}" in chart(app, "cells")["subtitle"].replace(" %", "%")
    assert np.average(np.diag(shares)) == pytest.approx(agreement, abs=0.02)


def test_the_histograms_hold_every_code() -> None:
    found = [shown for shown in charts(looked(view="Samples")) if "bars" in shown]
    assert [shown["title"] for shown in found] == TITLES
    for kind, shown in zip(KINDS, found, strict=True):
        norms = (load_run(shipped(kind).path).z().astype(np.float64) ** 2).sum(axis=1)
        bars = shown["bars"]
        counts = (bars["density"] * (bars["end"] - bars["start"])).to_numpy() * len(norms)
        assert len(bars) > 20
        for bar, count in zip(bars.itertuples(), counts, strict=True):
            inside = (norms >= bar.start) & (norms < bar.end)
            assert count == pytest.approx(inside.sum(), abs=2)  # edges are rounded to float32
        assert shown["beyond"]["share"][0] == pytest.approx((norms > bars["end"].max()).mean(), abs=2e-4)


def test_samples_are_sorted_by_the_classifiers_confidence() -> None:
    import torch

    model, classifier = load_run(shipped("cvae", dataset="digits").path).model(), find_classifier("digits")
    found, drawn = sorted_samples(model, 5, classifier), sorted_samples(model, 5, None)
    assert found.pictures.shape == (COUNT, 8, 8)
    assert (np.diff(found.confidence) <= 0).all()
    again = classifier(torch.from_numpy(found.pictures).float() / 255).confidence
    np.testing.assert_allclose(again, found.confidence, atol=0.05)  # after rounding to bytes
    assert drawn.confidence is None
    assert sorted(map(bytes, found.pictures)) == sorted(map(bytes, drawn.pictures))
    asked = np.arange(COUNT) % 10
    labels = classifier(torch.from_numpy(drawn.pictures).float() / 255).label
    assert (labels == asked).mean() > 0.9


def first(cell: str) -> float:
    return float(cell.split(" ")[0])


@pytest.mark.parametrize("dataset", ["mnist", "digits"])
def test_all_numbers_stand_side_by_side_with_reference_unit_and_direction(dataset: str) -> None:
    table = looked(view="All numbers", dataset=dataset.replace("digits", "Digits")).dataframe[-1].value
    assert table["Number"].tolist() == [one.name for one in NUMBERS.values()]
    places = [list(table.columns).index(SHORT[kind]) for kind in KINDS]
    assert places == sorted(places)
    every = {kind: read_metrics(shipped(kind, dataset=dataset)) for kind in KINDS}
    for (name, one), (_, row) in zip(NUMBERS.items(), table.iterrows(), strict=True):
        assert (row["Group"], row["What it means"]) == (one.group, one.meaning)
        assert (row["Unit"], row["Direction"]) == (one.unit, one.direction)
        for kind in KINDS:
            metric, cell, null = every[kind][name], row[SHORT[kind]], row[f"{SHORT[kind]} reference"]
            if metric.value is None:
                assert cell == metric.missing.label
                assert cell in ("not defined", "not determined")
            elif isinstance(metric.value, bool):
                assert cell == ("yes" if metric.value else "no")
            elif isinstance(metric.value, list):
                numbers = re.findall(r"-?[\d.]+(?:e-?\d+)?", cell)
                assert float(numbers[0]) == pytest.approx(np.ravel(metric.value)[0], rel=0.006)
            else:
                assert first(cell) == pytest.approx(metric.value, rel=0.006)
                if metric.stderr is not None:
                    assert float(cell.split("± ")[1]) == pytest.approx(metric.stderr, rel=0.006)
            if isinstance(metric.null, float):
                assert float(null) == pytest.approx(metric.null, rel=0.006)
            assert (null == "") == (metric.null is None)


def test_seeds_are_dots_around_their_mean() -> None:
    app = looked(view="Seeds")
    assert re.search(r"\bAE 3, VAE 3, cVAE 3\b", words(app))
    found = {shown["title"]: shown for shown in charts(app) if "seeds" in shown}
    assert list(found) == [NUMBERS[name].name for name in METRICS]
    every = {kind: [read_metrics(info) for info in seeds_of(kind)] for kind in KINDS}
    for name in METRICS:
        shown = found[NUMBERS[name].name]
        values = {SHORT[kind]: [metrics[name].value for metrics in some] for kind, some in every.items()}
        defined = {model: some for model, some in values.items() if None not in some}
        assert set(shown["missing"]["model"]) == values.keys() - defined.keys()
        for model, some in defined.items():
            dots = shown["seeds"][shown["seeds"]["model"] == model]
            assert dots["seed"].tolist() == [0, 1, 2]
            assert dots["value"].tolist() == pytest.approx(some, rel=1e-5)
            mean = shown["means"].set_index("model").loc[model]
            assert mean["mean"] == pytest.approx(np.mean(some), rel=1e-5)
            assert mean["std"] == pytest.approx(np.std(some, ddof=1), rel=1e-4, abs=1e-9)
    for name in METRICS:
        assert found[NUMBERS[name].name]["subtitle"].endswith(NUMBERS[name].direction)


def test_another_seed_is_compared_with_the_same_ones() -> None:
    zero, two = ([one["seeds"] for one in charts(looked(view="Seeds", seed=seed)) if "seeds" in one] for seed in "02")
    assert len(zero) == len(METRICS)
    for a, b in zip(zero, two, strict=True):
        pd.testing.assert_frame_equal(a, b)


@each_kind
def test_every_number_that_is_measured_is_on_the_page_and_the_other_way_round(kind: str, runs, digits) -> None:
    assert set(measure(runs[kind], tuple(digits), find_classifier("digits"))) == set(NUMBERS)


def test_words_are_complete_and_each_name_is_used_once() -> None:
    assert len({number.name for number in NUMBERS.values()}) == len(NUMBERS)
    for number in NUMBERS.values():
        assert all((number.group, number.name, number.unit, number.meaning, number.formula)), number
        assert number.meaning.endswith(".")
        assert number.formula.count("{") == number.formula.count("}")
        assert number.formula.count(r"\left") == number.formula.count(r"\right")
    assert set(METRICS) <= set(NUMBERS)


def test_without_any_run_the_page_says_how_to_get_one(fresh: Path) -> None:
    only(fresh)
    for query in ({}, {"view": "Seeds"}, {"dataset": "Digits"}):
        app = page(**query)
        assert not app.exception
        assert len(app.info) == 1
        assert not charts(app)


@each_kind
def test_a_kind_alone_keeps_its_place(fresh: Path, kind: str) -> None:
    info = shipped(kind, dataset="digits")
    only(fresh, info)
    app = page()
    for _ in each_view(app):
        for other, text in columns(app).items():
            assert text.startswith(f"**{TITLES[KINDS.index(other)]}**")
            assert (len(verdicts_in(text)) > 0) == (other == kind)
        alone = verdicts_of(info, Catalogue(), read_metrics)
        assert verdicts_in(columns(app)[kind]) == [(one.claim.sentence, one.verdict) for one in alone]


@pytest.mark.parametrize("evidence", [True, False], ids=["with evidence", "without"])
def test_a_damaged_run_is_one_sentence_and_the_others_are_shown(fresh: Path, evidence: bool) -> None:
    info = shipped("vae", dataset="digits")
    damage(fresh / info.path.name)
    if not evidence:
        without_evidence(fresh, info)
    app = page(dataset="Digits")
    for _ in each_view(app):
        (error,) = app.error
        assert info.path.name in error.value.replace("\\", "")
        for kind in ("ae", "cvae"):
            for one in judged(shipped(kind, dataset="digits")):
                assert f"**{one.claim.sentence}**: {one.verdict}" in columns(app)[kind]
        assert not verdicts_in(columns(app)["vae"])


def test_a_damaged_run_of_another_seed_or_beta_is_left_out(fresh: Path) -> None:
    for info in (shipped("vae", seed=1), shipped("cvae", beta=4.0)):
        damage(fresh / info.path.name)
        without_evidence(fresh, info)
    app = page()
    for _ in each_view(app):
        assert not app.error
        assert "measure" not in keys(app)


def test_a_damaged_classifier_is_one_sentence_and_the_page_goes_on(fresh: Path, forgetful: None) -> None:
    path = fresh / "classifier-digits.safetensors"
    raw = path.read_bytes()
    path.unlink()
    path.write_bytes(raw[:-9])
    app = page(dataset="Digits")
    for _ in each_view(app):
        (error,) = app.error
        assert path.name in error.value.replace("\\", "")
        assert re.search(r"[\d.]+ σ away", words(app))
        assert not re.search(r"\n\w+: \d, \d+ ?%", words(app))


def test_evidence_is_offered_and_measured_as_a_job(fresh: Path, served: None, runs: dict[str, Run]) -> None:
    """The real engine, from the click to the verdicts."""
    only(fresh)
    info = publish(runs["vae"], fresh / LOCAL)
    app = page()
    assert not app.exception
    assert "VAE: latent space, generation, likelihood" in words(app)
    assert columns(app)["vae"].count("not determined") >= 3
    app.button(key="measure").click().run()
    assert not app.exception
    assert "cancel" in keys(app)
    finished(app)
    found = read_metrics(info)
    assert lacking(found) == ()
    assert "measure" not in keys(app)
    for one in verdicts(found, "vae", 10):
        assert f"**{one.claim.sentence}**: {one.verdict}" in columns(app)["vae"]
        assert gives_reasons(columns(app)["vae"], one)
    assert not client.belongs_to_visitor(info)  # to have it measured is not to own it
    app = opened("pages/6_Runs.py", run=info.id)
    assert app.header[0].value.replace("\\", "") == info.id
    assert f"delete-{info.id}" not in keys(app)


def test_without_images_the_latent_space_is_measured_and_a_download_offered(
    fresh: Path, served: None, forgetful: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    only(fresh)
    info = publish_bytes(of_few_images(shipped("vae")), fresh)
    monkeypatch.setenv("VAE_DATA", str(tmp_path))
    app = page()
    app.button(key="measure").click().run()
    finished(app)
    assert "VAE: generation, likelihood" in words(app)
    found = read_metrics(info)
    assert lacking(found) == ("generation", "likelihood")
    for one in verdicts(found, "vae", 10):
        assert f"**{one.claim.sentence}**: {one.verdict}" in columns(app)["vae"]
    rate = load_run(info.path).latents.kld().mean()
    assert found["kl_aggregate"].value + found["mutual_information"].value == pytest.approx(rate, rel=1e-5)
    end = time.monotonic() + 30
    while "download" not in keys(app):
        assert time.monotonic() < end, "no download is offered"
        time.sleep(0.2)
        app.run()
    assert not app.exception
    assert "MNIST" in app.button(key="download").label
    assert re.search(r"[\d.]+ σ away", words(app))


def test_what_is_measured_while_the_page_is_drawn_is_shown(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = shipped("vae", dataset="digits")
    only(fresh, info)
    evidence = fresh / f"{info.id}.evidence.json"
    content = evidence.read_bytes()
    evidence.unlink()
    queue, find = client.queue(), client.queue().find

    def find_once_measured(request: Request) -> Job | None:
        evidence.write_bytes(content)
        return find(request)

    monkeypatch.setattr(queue, "find", find_once_measured)
    app = page(dataset="Digits")
    assert not app.exception
    assert "measure" not in keys(app)
    assert "not measured yet" not in columns(app)["vae"]


def test_a_full_queue_is_said_in_a_sentence(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_evidence(fresh, shipped("vae", dataset="digits"))
    refusing = Queue(order=Order(0))
    monkeypatch.setattr(client, "queue", lambda: refusing)
    monkeypatch.setattr(client.queue, "cache_clear", lambda: None, raising=False)
    app = page(dataset="Digits")
    app.button(key="measure").click().run()
    assert not app.exception
    assert len(app.error) == 1
    assert one_sentence(app.error[0].value)
    monkeypatch.undo()


@pytest.mark.parametrize(
    "query",
    [{"view": "<script>"}, {"view": "samples"}, {"view": ""}, {"beta": "NaN"}, {"beta": "1e99"}, {"seed": "-1"},
     {"dataset": "../x"}, {"latent_dim": "9999"}, {"condition": "x"}, {"run": "../../etc/passwd"}, {"places": "1"}],
    ids=str,
)  # fmt: skip
def test_a_wild_url_is_the_page_as_it_is_without(query: dict[str, str]) -> None:
    app = page(**query)
    assert not app.exception
    assert not app.error
    assert chart(app, "parts", HEADING)
    assert "β = 1, seed 0" in columns(app)["vae"]
