"""The page "Lecture" by Streamlit's own test harness: each live part shows what the runs and the library say."""

import base64
import html
import io
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.support.helpers import ROOT, damage, judged, shipped, without_images
from tests.support.published import CONTENT
from tests.support.published import shown as space
from tests.support.screens import charts, component, components, opened, words
from ui.charts.posterior import posterior_windows
from ui.lecture import answers, autoencoder, deck
from ui.lecture.diagram import Flow, model_diagram, vector_rows
from ui.lecture.kld import PQ
from ui.lecture.normal_kld import kl_pq, kl_qp
from ui.lecture.shapes import condition_cost, trace
from ui.lecture.source import excerpt
from ui.lecture.steps import STEPS
from vae_core.config import KINDS, ModelConfig
from vae_core.data import load_dataset
from vae_core.errors import DataError
from vae_core.evidence import find_classifier
from vae_core.losses import kld, recon
from vae_core.models import build_model
from vae_core.runs import kept_metrics, load_run
from vae_core.sheets import pixels

pytestmark = pytest.mark.usefixtures("pages")
NUMBERS = range(1, len(STEPS) + 1)
each_step = pytest.mark.parametrize("number", NUMBERS)


def page(number: int, **query: str) -> AppTest:
    app = opened("pages/1_Lecture.py", step=str(number), **query)
    assert not app.exception
    return app


def click(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def revealed(number: int) -> AppTest:
    return click(page(number), "reveal")


def diagram(app: AppTest) -> str:
    """The first drawing on the page."""
    return next(element.value for element in app.markdown if "<svg" in element.value)


def told(app: AppTest) -> str:
    """What the drawing says to those who do not see it."""
    return html.unescape(re.search(r'aria-label="([^"]*)"', diagram(app))[1])


def pictures(content: str) -> list[np.ndarray]:
    found = re.findall(r'(?:href|src)="data:image/png;base64,([^"]+)"', content)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(one)))) for one in found]


def metrics(info) -> dict[str, float]:
    return {name: metric.value for name, metric in kept_metrics(info).items()}


# ---- the way through it ----


@each_step
def test_a_step_has_its_idea_its_question_and_hides_the_answer(number):
    app, step = page(number), STEPS[number - 1]
    assert [title.value for title in app.title] == [f"{number} {step.title}"]
    assert step.idea in words(app)
    assert app.radio(key=f"predict-{step.key}").options == list(step.choices)
    assert step.answer not in words(app)
    assert step.answer in words(click(app, "reveal"))
    assert step.answer not in words(click(app, "hide"))


def test_next_and_back_go_through_all_steps_and_stop_at_the_ends():
    app = page(1)
    assert app.button(key="back").disabled
    for number in NUMBERS[1:]:
        click(app, "next")
        assert app.title[0].value.startswith(f"{number} ")
    assert app.button(key="next").disabled
    click(app, "back")
    assert app.title[0].value.startswith("8 ")


def test_a_prediction_is_kept_on_the_way_and_compared_with_the_answer():
    app, step = page(1), STEPS[0]
    app.radio(key="predict-autoencoder").set_value(step.choices[0]).run()
    click(click(click(app, "reveal"), "next"), "back")
    assert f"You predicted “{step.choices[0]}”. The answer is: **{step.choices[step.right]}.**" in words(app)
    click(app, "hide")
    app.radio(key="predict-autoencoder").set_value(step.choices[step.right]).run()
    assert f"As you predicted: **{step.choices[step.right]}.**" in words(click(app, "reveal"))
    again = page(1, answers=app.query_params["answers"])  # as after a reload, which begins a new session
    assert f"As you predicted: **{step.choices[step.right]}.**" in words(again)
    assert words(click(again, "next")).count("The answer is") == 0


@pytest.mark.parametrize("wrong", ["1z", "0a", "10a", "1a,2b", "r", "1rr", "é"])
def test_answers_that_nobody_can_give_are_refused(wrong):
    assert not answers.rule().fits(wrong)


def test_speaker_mode_has_notes_and_is_in_the_link():
    assert STEPS[2].notes[0] not in words(page(3))
    app = page(3, speaker="true")
    assert all(note in words(app) for note in STEPS[2].notes)
    assert any(
        "font-size" in element.proto.body and "st-key-pages" in element.proto.body for element in app.get("html")
    )


def test_home_leads_to_the_lecture():
    links = {(link.proto.page, link.proto.label) for link in opened().get("page_link")}
    assert ("Lecture", "Start the lecture") in links


# ---- the code ----


@pytest.mark.parametrize("name", sorted({name for step in STEPS for name in step.code}))
def test_an_excerpt_is_the_source_itself_without_its_docstring(name):
    found = excerpt(name)
    whole = (ROOT / found.file).read_text(encoding="utf-8").splitlines()
    here = [line.strip() for line in whole[found.line - 1 :]]
    assert found.file.startswith("vae_core/")
    assert f" {name.rpartition('.')[2]}" in found.code.splitlines()[0]
    assert here[0] == found.code.splitlines()[0].strip()
    for line in found.code.splitlines():  # each in its order
        here = here[here.index(line.strip()) + 1 :]
    assert '"""' not in found.code or name == "models.CVAE"


@each_step
def test_a_step_shows_its_lines_and_the_file_they_are_from(number):
    app = page(number)
    shown = [element.value for element in app.code]
    assert shown == [excerpt(name).code for name in STEPS[number - 1].code]
    first = excerpt(STEPS[number - 1].code[0])
    click(app, f"file-{STEPS[number - 1].code[0]}")
    assert (ROOT / first.file).read_text(encoding="utf-8").rstrip() in [element.value.rstrip() for element in app.code]


# ---- 1 and 2: autoencoder ----


def test_an_image_runs_through_the_autoencoder():
    run = load_run(shipped("ae").path)
    model, app = run.model(), page(1)
    app.get("button_group")[1].set_value(3).run()
    app.button(key="another").click().run()
    number = int(np.flatnonzero(run.latents.y == 3)[1])
    x = images()[number]
    z = model.encode(x[None]).mu
    x_hat = model.decode(z)
    shown = pictures(diagram(app))
    assert np.array_equal(shown[0], pixels(x.numpy()))
    assert np.abs(shown[1].astype(int) - pixels(x_hat.detach().numpy())[0]).max() <= 3
    loss = float(recon(model.decode_logits(z), x[None]))
    told_loss = float(re.search(r"recon = ([\d.]+) nats", told(app))[1])
    assert told_loss == pytest.approx(loss, rel=0.01)
    assert "(B, 28, 28) → encoder (784 → 512 → 256 → 128 → 2)" in told(app)


def images() -> torch.Tensor:
    try:
        return load_dataset("mnist", split="test").x.float() / 255
    except DataError:
        pytest.skip("MNIST is not on this machine")


def test_the_first_reveal_is_the_plot_with_a_ring_around_the_image():
    assert not components(page(1))
    run = load_run(shipped("ae").path)
    plot = space(revealed(1), "ae")
    assert plot.points == pytest.approx(run.latents.mu[run.snapshot_index], abs=0.01)
    first = run.latents.mu[int((run.latents.y == 7).argmax())]
    [[*place, label]] = plot.fields["marked"]
    assert place == pytest.approx(first, abs=0.01)
    assert label == 7
    assert plot.fields["ring"]


@pytest.mark.parametrize("fitted", [False, True])
def test_sampling_goes_on_until_the_classifier_fails(fitted):
    app = page(2)
    if fitted:
        app.get("button_group")[1].set_value("as wide as the codes").run()
    draw = autoencoder.random_z(shipped("ae"), fitted)
    x_hat = load_run(shipped("ae").path).model().decode(torch.from_numpy(draw.z)).detach()
    fails = np.flatnonzero(~find_classifier("mnist")(x_hat).recognised)
    for end in [fail for fail in fails.tolist() if fail > 0][:4]:  # the first draw is there already
        click(app, "until")
        assert f"**{end + 1 - (fails <= end).sum()} of {end + 1}** recognised" in words(app)
        assert np.array_equal(pictures(diagram(app))[-1], draw.pictures[end])
    click(app, "sample")
    assert f"of {end + 2}** recognised" in words(app)


def test_random_z_are_drawn_from_what_is_said():
    info = shipped("ae")
    assert autoencoder.random_z(info, False).z.std(axis=0) == pytest.approx([1, 1], rel=0.15)
    spread = load_run(info.path).latents.mu.std(axis=0)
    assert autoencoder.random_z(info, True).z.std(axis=0) == pytest.approx(spread, rel=0.15)


def test_the_second_answer_is_what_was_measured():
    app, known = revealed(2), metrics(shipped("ae"))
    assert f"{known['recognised']:.0%} from N(0, I), {known['recognised_fitted']:.0%} from a Gaussian" in words(app)
    table = {row.split("|")[1].strip(): row.split("|")[2:-1] for row in words(app).splitlines() if row.startswith("| ")}
    counts = {model: [int(cell) for cell in table[model]] for model in ("AE", "VAE")}
    seen = find_classifier("mnist")(decoded := torch.from_numpy(autoencoder.random_z(shipped("vae"), False).x))
    assert counts["VAE"] == np.bincount(seen.label, minlength=10).tolist()
    assert sum(counts["AE"]) == sum(counts["VAE"]) == len(decoded)
    assert counts["AE"][3] < 10  # "Fewer than 10"
    assert min(counts["VAE"]) > 20
    assert len(space(app, "ae").fields["marked"]) == 1
    assert space(app, "ae").fields["faded"]


# ---- 3 and 4: the posterior and its KLD ----


def test_draws_of_one_image_are_around_its_mean():
    run = load_run(shipped("vae").path)
    number = int((run.latents.y == 7).argmax())
    app = click(page(3), "thirty")
    for chart in charts(app):
        z = chart["draws"].to_numpy()
        sigma = np.exp(0.5 * run.latents.logvar[number])
        assert len(z) == 30
        assert (z - run.latents.mu[number]).mean(axis=0) == pytest.approx([0, 0], abs=3 * float(sigma.max()) / 30**0.5)
        assert z.std(axis=0) == pytest.approx(sigma, rel=0.5)
        assert chart["mean"].to_numpy()[0] == pytest.approx(run.latents.mu[number], abs=1e-4)
        inner = chart["ellipses"][chart["ellipses"]["times"] == 1]
        assert np.ptp(inner["x"]) / 2 == pytest.approx(sigma[0], rel=0.01)


def test_the_close_up_holds_the_ellipses_and_fills_its_plot_with_them():
    mu, logvar = np.array([3.0, -1.0]), np.log(np.array([0.04, 0.01]))
    whole, close = posterior_windows(mu, logvar)
    assert whole.centre == (0, 0)
    assert whole.half == 4.0  # a mean outside the usual window stays inside
    assert close.centre == (3.0, -1.0)
    assert 2 * 0.2 < close.half <= 5 * 0.2


def test_the_loss_of_the_image_is_recon_plus_kld():
    run = load_run(shipped("vae").path)
    number = int((run.latents.y == 7).argmax())
    rate = float(
        kld(*(torch.from_numpy(part[number : number + 1]) for part in (run.latents.mu, run.latents.logvar)))[0]
    )
    shown = re.search(r"KLD = ([\d.]+) \+ 1 · ([\d.]+) = ([\d.]+) nats", told(page(3)))
    distortion, kl, loss = (float(shown[group]) for group in (1, 2, 3))
    assert kl == pytest.approx(rate, rel=0.01)
    assert distortion == pytest.approx(float(run.recon[number]), rel=0.1)  # with another ε
    assert loss == pytest.approx(distortion + kl, abs=0.2)


def test_one_draw_more_moves_z_and_keeps_mu():
    app = page(3)
    before = told(app)
    assert told(click(app, "epsilon")) != before
    boxes = re.findall(r">(\([−\d., ]+\))<", diagram(app))
    assert boxes[0] == re.findall(r">(\([−\d., ]+\))<", diagram(page(3)))[0]


def test_thirty_versions_keep_their_digit():
    app = revealed(3)
    kept = int(re.search(r"\*\*(\d+) of 30\*\* as 7", words(app))[1])
    assert kept >= 27  # "nearly all the same digit"
    assert f"{metrics(shipped('vae'))['reconstruction_label']:.0%} keep their label" in words(app)


def test_the_sliders_move_curves_and_numbers():
    app = page(4)
    app.slider(key="mu").set_value(2.0).run()
    app.slider(key="sigma").set_value(0.5).run()
    shown = words(app)
    for value in (-0.5, -np.log(0.5), 2.0, 0.125, kl_qp(2, 0.5), kl_pq(2, 0.5)):
        assert f"| {value:.3f} |".replace("-", "−") in shown
    assert f"losses.kld {kl_qp(2, 0.5):.6f}, torch.distributions {kl_qp(2, 0.5):.6f}" in shown
    assert "All agree with the formulas" in shown
    bells, area = charts(app)
    prediction = bells["bells"][bells["bells"]["curve"].str.startswith("Q")]
    assert prediction.loc[prediction["y"].idxmax(), "x"] == pytest.approx(2.0, abs=0.02)
    step = 12 / 600
    assert area["area"]["y"].sum() * step == pytest.approx(kl_qp(2, 0.5), rel=0.01)


def test_the_other_direction_is_another_area():
    app = page(4)
    app.get("button_group")[2].set_value(PQ).run()
    _, area = charts(app)
    assert area["area"]["y"].sum() * 12 / 600 == pytest.approx(kl_pq(1, 0.5), rel=0.05)
    assert "p(x) · ln p(x)/q(x)" in area["title"]


def test_two_widths_change_places_with_the_direction():
    shown = words(revealed(4))
    assert f"| sigma = 2 | {kl_qp(0, 2):.3f} | {kl_pq(0, 2):.3f} |" in shown
    assert f"| sigma = 0.5 | {kl_qp(0, 0.5):.3f} | {kl_pq(0, 0.5):.3f} |" in shown
    assert kl_qp(0, 2) > kl_qp(0, 0.5)  # "Twice as wide as the prior"


def test_in_two_dimensions_the_kld_is_a_sum():
    app = page(4)
    app.get("button_group")[1].set_value("One image, two dimensions").run()
    run = load_run(shipped("vae").path)
    number = int((run.latents.y == 7).argmax())
    first, second, whole = map(float, re.search(r"KLD = ([\d.]+) \+ ([\d.]+) = \*\*([\d.]+) nats", words(app)).groups())
    assert whole == pytest.approx(float(run.latents.kld()[number]), rel=0.01)
    assert whole == pytest.approx(first + second, abs=0.02)


def test_the_derivation_is_folded_away_with_its_source():
    assert "stats.stackexchange.com/a/370048" in words(page(4))
    assert page(4).expander[0].label == "The derivation, step by step"


# ---- 5 to 7: weight, condition, encodings ----


def test_the_slider_moves_through_five_betas_with_the_same_six_samples():
    assert component(page(5))["tracks"][0]["stops"] == ["0.1", "0.5", "1"]  # the others are what is predicted
    app = revealed(5)
    assert component(app)["tracks"][0]["stops"] == ["0.1", "0.5", "1", "4", "32"]
    z = torch.randn(6, 2, generator=torch.Generator().manual_seed(0))
    for beta in (0.1, 32.0):
        run, plot = load_run(shipped("vae", beta).path), space(app, "vae", stop=f"{beta:g}")
        assert plot.y.tolist() == run.latents.y[run.snapshot_index].tolist()
        spread = np.linalg.norm(plot.points, axis=1)
        if beta < 1:  # turned and mirrored, but the same
            assert np.corrcoef(spread, np.linalg.norm(run.snapshot_mu[-1], axis=1))[0, 1] > 0.95
        [picture] = plot.fields["pictures"]
        rows = np.asarray(Image.open(io.BytesIO(CONTENT[picture["url"]]))).reshape(5, 30, 6, 30)
        row = rows[plot.fields["at"]].swapaxes(0, 1)[:, 1:-1, 1:-1]
        expected = pixels(run.model().decode(z).detach().numpy())
        assert np.abs(row.astype(int) - expected).max() <= 1


def test_the_answer_has_real_numbers_of_five_betas():
    shown = words(revealed(5))
    for beta in (0.1, 0.5, 1.0, 4.0, 32.0):
        info = shipped("vae", beta)
        row = next(line for line in shown.splitlines() if line.startswith(f"| {beta:g} |"))
        assert float(row.split("|")[2]) == pytest.approx(info.test.recon, rel=0.01)
        assert float(row.split("|")[5]) == pytest.approx(metrics(info)["sliced_wasserstein"], rel=0.01)
    distances = [metrics(shipped("vae", beta))["sliced_wasserstein"] for beta in (0.1, 0.5, 1.0, 4.0, 32.0)]
    assert distances == sorted(distances, reverse=True)  # "The most Gaussian"
    assert metrics(shipped("vae", 32.0))["mutual_information"] < 0.001
    links = [(link.proto.page, link.proto.query_string) for link in page(5).get("page_link")]
    assert ("KLD_weight", "beta=4") in links


@pytest.mark.parametrize(
    ("encoder", "decoder", "place"), [(True, True, "both"), (True, False, "encoder"), (False, True, "decoder")]
)
def test_a_line_that_is_cut_shows_the_run_without_it(encoder, decoder, place):
    app = page(6)
    app.toggle(key="encoder").set_value(encoder).run()
    app.toggle(key="decoder").set_value(decoder).run()
    model = load_run(shipped("cvae", condition_in=place).path).model()
    z = torch.randn(6, 2, generator=torch.Generator().manual_seed(0))
    expected = pixels(model.decode(z, torch.full((6,), 7)).detach().numpy())
    got = pictures([element.proto.body for element in app.get("html") if 'class="gen-tiles"' in element.proto.body][-1])
    assert np.abs(np.stack(got).astype(int) - expected).max() <= 1
    on = [name for name, into in (("encoder", encoder), ("decoder", decoder)) if into]
    assert f"goes into {' and '.join(on)}" in told(app)
    assert f"encoder ({784 + 10 * encoder} → 512" in told(app)
    assert f"decoder ({2 + 10 * decoder} → 128" in told(app)


def test_with_both_cut_it_is_the_vae():
    app = page(6)
    for key in ("encoder", "decoder"):
        app.toggle(key=key).set_value(False).run()
    rows = [element.proto.body for element in app.get("html") if 'class="gen-tiles"' in element.proto.body]
    assert np.array_equal(pictures(rows[0]), pictures(rows[1]))
    assert "goes into neither of them" in told(app)


def test_the_ablations_break_what_is_said():
    shown = words(revealed(6))
    found = {place: metrics(shipped("cvae", condition_in=place)) for place in ("both", "decoder", "encoder")}
    for name, place in (("both", "both"), ("decoder only", "decoder"), ("encoder only", "encoder")):
        assert f"| {name} | {found[place]['label_agreement']:.0%} | {found[place]['knn_accuracy']:.0%} |" in shown
    assert found["encoder"]["label_agreement"] < 0.15  # "Nothing: random digits"
    assert 0.8 < found["decoder"]["label_agreement"] < found["both"]["label_agreement"]
    assert found["both"]["class_information"] < found["decoder"]["class_information"] < 0.6


def test_one_hot_vectors_are_as_the_lecture_writes_them():
    app = page(7)
    drawings = [html.unescape(element.value) for element in app.markdown if "<svg" in element.value]
    assert "3: (0, 0, 0, 1, 0, 0, 0, 0, 0, 0); 9: (0, 0, 0, 0, 0, 0, 0, 0, 0, 1)" in drawings[0]
    learned = load_run(shipped("cvae", condition="embedding").path).weights["condition.weight"]
    assert f"3: ({', '.join(f'{value:.3g}' for value in learned[3])})".replace("-", "−") in drawings[1]


def test_the_learned_vectors_lie_much_as_they_began():
    info = shipped("cvae", condition="embedding")
    vectors = load_run(info.path).weights["condition.weight"].astype(float)
    start = build_model(info.model, info.train.seed).condition_vectors().detach().numpy()
    pairs = np.triu_indices(10, 1)
    before, after = (np.linalg.norm(found[pairs[0]] - found[pairs[1]], axis=1) for found in (start, vectors))
    found = float(np.corrcoef(before, after)[0, 1])
    assert found > 0.9  # "they lie much as they began"
    closest = after.argmin()
    assert f"correlation of **{found:.2f}**" in words(revealed(7))
    assert f"**{pairs[0][closest]} and {pairs[1][closest]}**" in words(revealed(7))


@pytest.mark.parametrize("condition", ["one_hot", "embedding"])
@pytest.mark.parametrize("classes", [10, 1000])
def test_the_cost_of_a_condition_is_that_of_real_models(condition, classes):
    def weights(kind: str, **settings) -> int:
        model = build_model(ModelConfig(kind, num_classes=classes, **settings))
        return sum(weight.numel() for weight in model.parameters())

    cost = condition_cost(ModelConfig("cvae", condition=condition), classes)
    assert cost.weights == weights("cvae", condition=condition) - weights("vae")
    assert cost.numbers == (classes if condition == "one_hot" else 8)
    assert f"{cost.weights:,}" in words(page(7))


def test_shapes_are_those_of_a_forward_pass():
    config = ModelConfig("cvae", condition="embedding", latent_dim=3)
    model, x, y = build_model(config), torch.zeros(5, 28, 28), torch.zeros(5, dtype=torch.long)
    out, shapes = model(x, y), trace(config)
    for tensor, shown in ((x, shapes.x), (out.mu, shapes.mu), (out.logvar, shapes.logvar), (out.logits, shapes.x_hat)):
        assert shown == str(("B", *tensor.shape[1:])).replace("'", "").replace(",)", ")")
    assert shapes.condition == "(B, 8)"
    assert shapes.encoder == (784 + 8, 512, 256, 128, 6)
    assert shapes.decoder == (3 + 8, 128, 256, 512, 784)
    assert trace(ModelConfig("ae")).logvar == ""


def test_a_class_s_name_cannot_change_the_page():
    name = '<img src=x onerror="alert(1)">\n\n**bold**'
    flow = Flow(None, None, "(0, 0)", condition=name, posterior=("(0, 0)", "(0, 0)"))
    for drawing in (
        model_diagram(ModelConfig("cvae"), flow, "key"),
        vector_rows((name,), np.ones((1, 3)), [0]),
    ):
        assert "&lt;img src=x onerror=" in drawing
        assert "<img" not in drawing
        assert "\n" not in drawing


# ---- 8 and 9 ----


def test_the_three_spaces_get_their_colours_with_the_answer():
    hidden, answered = page(8), revealed(8)
    assert component(hidden)["classes"]["names"] is None
    assert len(component(hidden)["classes"]["colors"]) == 1
    assert component(answered)["classes"]["names"] == [str(digit) for digit in range(10)]
    assert len({*component(answered)["classes"]["colors"]}) == 10
    for kind in KINDS:
        assert np.array_equal(space(hidden, kind).points, space(answered, kind).points)
    assert words(revealed(8)).count(": holds") == 11


def test_the_classes_are_shown_one_by_one_of_the_models_that_have_a_prior():
    app = revealed(8)
    before = len(app.get("image"))
    assert len(click(app, "class-by-class").get("image")) == before + 2


def test_tasks_have_links_and_each_finding_is_folded_by_itself():
    app, step = page(9), STEPS[-1]
    assert len(step.task) == 5
    links = [(link.proto.label, link.proto.query_string) for link in app.get("page_link")]
    folded = [[text.value for text in popover.markdown] for popover in app.get("popover")]
    for task in step.task:
        assert any(label == task.label and query for label, query in links)
        assert [task.find] in folded
    assert len(words(click(app, "reveal"))) < len(words(app)) + 300  # the answer alone
    assert "N. Kakati" in words(app)


def test_what_there_is_to_find_is_true():
    assert not metrics(shipped("vae", 16.0))["collapsed"]
    assert metrics(shipped("vae", 16.0))["rate"] == pytest.approx(1.5, abs=0.05)
    assert metrics(shipped("vae", 32.0))["active_units"] == 0
    known = {verdict.claim.name: verdict.holds for verdict in judged(shipped("vae", 0.1))}
    assert known["gaussian_like"] is False


# ---- what is not there ----


def test_a_step_whose_run_is_missing_says_which(fresh: Path):
    (fresh / shipped("cvae", condition_in="encoder").path.name).unlink()
    assert "condition in encoder" in words(revealed(6))
    assert "benchmarks.shipped_runs" in words(revealed(6))
    assert not page(5).exception


def test_a_damaged_run_is_named_and_the_step_stays(fresh: Path):
    damage(fresh / shipped("ae").path.name)
    app = page(1)
    assert app.error
    assert "damaged" in app.error[0].value
    assert app.radio(key="predict-autoencoder").options


@pytest.mark.usefixtures("forgetful")
@each_step
def test_on_a_fresh_machine_every_step_is_whole(number, monkeypatch, tmp_path):
    monkeypatch.setenv("VAE_DATA", str(tmp_path))
    app = revealed(number)
    assert not app.error
    assert "on this machine" not in words(app)
    if number in (1, 3):
        assert "not here" not in diagram(app)


@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize("number", [1, 3])
def test_without_any_images_the_steps_that_show_them_work(number, monkeypatch, tmp_path):
    without_images(monkeypatch, tmp_path)
    app = revealed(number)
    assert not app.error
    assert "are not on this machine" in words(app)
    assert "not here" in diagram(app)


def test_every_part_has_its_words():
    assert [step.key for step in STEPS] == list(deck.LIVE_PARTS)
    assert all(0 <= step.right < len(step.choices) for step in STEPS)


@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize("number", [2, 3, 6])
def test_a_damaged_classifier_is_named(number, fresh: Path):
    damage(fresh / "classifier-mnist.safetensors")
    app = revealed(number)
    assert "cannot be used" in app.error[0].value
