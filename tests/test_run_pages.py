"""The page "Runs" by Streamlit's own test harness: table, details, comparison, notes, deletion, new runs, uploads."""

import io
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.support.helpers import (
    ROOT,
    assembled,
    damage,
    each_kind,
    every_shipped_run,
    one_sentence,
    parts,
    sealed,
    small_model,
)
from ui.jobs import client, listing
from ui.runs import files, new_run, table, upload
from ui.runs.run_settings import differing, settings_of
from ui.shell.words import plain
from vae_core.config import DATASETS, KINDS, SETTINGS, ModelConfig, TrainConfig
from vae_core.errors import RunError
from vae_core.jobs import DONE, Request
from vae_core.runs import (
    LOCAL,
    MAX_TITLE,
    Note,
    Run,
    RunInfo,
    delete_unreadable,
    list_runs,
    load_run,
    publish,
    read_note,
    to_bytes,
    write_note,
)

pytestmark = pytest.mark.usefixtures("pages")
VISITOR = "a visitor"


@pytest.fixture(autouse=True)
def visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "visitor", lambda: VISITOR)


@pytest.fixture
def folder(pages: None, run_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Checkpoints with a shipped run of each kind."""
    root = run_files["vae"].parent
    monkeypatch.setenv("VAE_CHECKPOINTS", str(root))
    return root


@pytest.fixture
def infos(folder: Path) -> dict[str, RunInfo]:
    return {info.model.kind: info for info in list_runs(folder)}


def opened(part: str = "Runs", /, *selected: RunInfo, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page("pages/6_Runs.py")
    if "part" not in query:
        app.session_state["part"] = part
    app.session_state["runs_selected"] = [info.id for info in selected]
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    kinds = ("title", "header", "markdown", "caption", "info", "warning", "error", "success", "code")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind)).replace("\\", "")


def tables(app: AppTest) -> list[pd.DataFrame]:
    """The small tables below the table of runs."""
    return [table.value for table in app.table]


def keys(app: AppTest) -> set[str]:
    """Keys of the buttons on the page, those of forms included."""
    return {button.key for button in app.button}


def test_the_table_shows_every_run_with_its_settings_and_figures(infos: dict[str, RunInfo]) -> None:
    app = opened()
    table = app.dataframe[0].value
    assert set(table["Run"]) == {info.id for info in infos.values()}
    assert "3 of 3" in words(app)
    for _, row in table.iterrows():
        info = infos[{"AE": "ae", "VAE": "vae", "cVAE": "cvae"}[row["Model"]]]
        assert row["recon"] == pytest.approx(info.test.recon)
        assert row["Home"] == f"./?run={info.id}"
        if info.model.kind == "ae":
            assert all(pd.isna(row[name]) for name in ("β", "kld", "−elbo", "KLD weight"))
        else:
            assert row["−elbo"] == pytest.approx(info.test.recon + info.test.kld)
            assert row["KLD weight"] == f"./KLD_weight?run={info.id}"
    assert set(table["Origin"]) == {"shipped"}


def test_all_shipped_runs_are_in_the_table() -> None:
    assert (opened().dataframe[0].value["Origin"] == "shipped").sum() == len(every_shipped_run()) >= 31


@pytest.mark.parametrize("folder_name", ["nothing", "."])
def test_without_runs_the_page_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder_name: str
) -> None:
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path / folder_name))
    app = opened()
    assert len(app.info) == 1
    assert not app.dataframe


def test_files_that_are_no_runs_are_named_and_the_others_are_shown(folder: Path) -> None:
    (folder / "cut.safetensors").write_bytes(b"\x08")
    (folder / "classifier-x.safetensors").write_bytes(b"\x08")
    app = opened()
    (warning,) = app.warning
    assert "cut.safetensors" in warning.value.replace("\\", "")
    assert "classifier" not in words(app)
    assert len(app.dataframe[0].value) == 3


def test_a_run_whose_tensors_are_damaged_is_said_to_be(infos: dict[str, RunInfo]) -> None:
    damage(infos["vae"].path)
    (error,) = opened("Runs", infos["vae"]).error
    assert infos["vae"].path.name in error.value.replace("\\", "")


def test_a_bad_local_file_is_named_and_can_be_deleted_and_no_other_file(
    folder: Path, runs: dict[str, Run], infos: dict[str, RunInfo]
) -> None:
    """One has a bad header and is skipped, the other bad tensors and is in the table; the visitor made neither."""
    (folder / "cut.safetensors").write_bytes(b"\x08")
    (folder / LOCAL).mkdir()
    header, tensors = parts(infos["vae"].path.read_bytes())
    naive = sealed(header | {"created": "2026-05-01T10:00:00"}, tensors)
    (folder / LOCAL / "naive.safetensors").write_bytes(assembled(naive, tensors))
    infos["ae"].path.rename(folder / LOCAL / infos["ae"].path.name)
    (local,) = list_runs(folder / LOCAL)
    damage(local.path)
    app = opened("Runs", local)
    assert len(app.dataframe[0].value) == 3
    (warning,) = app.warning
    assert "time zone" in warning.value
    delete = {key for key in keys(app) if key and key.startswith("delete-")}
    assert delete == {"delete-naive.safetensors", f"delete-{local.id}"}
    for key in sorted(delete):
        app.button(key=key).click().run()
        app.button(key="yes").click().run()
        assert not app.exception
    assert not list((folder / LOCAL).iterdir())
    assert len(app.dataframe[0].value) == 2
    with pytest.raises(RunError):
        delete_unreadable(folder / "cut.safetensors")
    publish(runs["vae"], folder / LOCAL)
    with pytest.raises(RunError):
        delete_unreadable(folder / LOCAL / infos["vae"].path.name)


def test_filters_leave_what_fits(folder: Path) -> None:
    app = opened()
    app.button_group(key="models").set_value(["vae", "cvae"]).run()
    assert set(app.dataframe[0].value["Model"]) == {"VAE", "cVAE"}
    app.text_input(key="find").set_value("one-hot").run()
    assert set(app.dataframe[0].value["Model"]) == {"cVAE"}
    assert "1 of 3" in words(app)
    app.text_input(key="find").set_value("no such run").run()
    assert not app.exception
    assert not app.dataframe
    assert "0 of 3" in words(app)
    assert len(app.info) == 1


def test_a_search_looks_into_titles_ids_and_settings(infos: dict[str, RunInfo]) -> None:
    every = list(infos.values())
    titles = {infos["ae"].id: "The Reference"}
    found = {
        text: [info.model.kind for info in table.fitting(every, titles, text, (), ())]
        for text in ("reference", "conditional", infos["vae"].id, "batch size 64", "β 1", "digits cvae", "")
    }
    assert found["reference"] == ["ae"]
    assert found["conditional"] == found["digits cvae"] == ["cvae"]
    assert found[infos["vae"].id] == ["vae"]
    assert sorted(found["batch size 64"]) == sorted(found[""]) == sorted(KINDS)
    assert table.fitting(every, titles, "", ("ae",), ("mnist",)) == []


@pytest.mark.parametrize(
    ("query", "count"),
    [({"find": "\x00[(*"}, 0), ({"models": "xx"}, 3), ({"part": "../x"}, 3), ({"run": "../../etc/passwd"}, 3)],
)
def test_a_wild_url_is_harmless(folder: Path, query: dict[str, str], count: int) -> None:
    app = opened("Runs", **query)
    assert f"{count} of 3" in words(app)
    assert len(app.dataframe) == (count > 0)


def test_a_link_selects_a_run(infos: dict[str, RunInfo]) -> None:
    app = opened("Upload", run=infos["cvae"].id)
    assert app.header[0].value.replace("\\", "") == infos["cvae"].id


@each_kind
def test_details_of_one_run(infos: dict[str, RunInfo], kind: str) -> None:
    info = infos[kind]
    app = opened("Runs", info)
    figures, shown = tables(app)
    assert figures.iloc[0, 1] == f"**{info.test.recon:#.3g}** nats"
    assert (figures.iloc[1, 1] == "**not defined**") == (kind == "ae")
    assert dict(zip(shown["Setting"], shown["Value"], strict=True)) == settings_of(info)
    assert (SETTINGS["beta"].label in settings_of(info)) == (kind != "ae")
    assert (SETTINGS["condition"].label in settings_of(info)) == (kind == "cvae")
    assert len(app.get("vega_lite_chart")) == 1
    assert len(app.get("download_button")) == 2
    assert f"delete-{info.id}" not in keys(app)


@each_kind
def test_the_latents_as_csv(runs: dict[str, Run], kind: str) -> None:
    run = runs[kind]
    table = pd.read_csv(io.StringIO(files.latents_csv(run)))
    axes = ["mu1", "mu2"] + ["logvar1", "logvar2"] * (kind != "ae") + ["z1", "z2"]
    assert list(table.columns) == ["image", "label", *axes]
    np.testing.assert_allclose(table[["z1", "z2"]], run.z(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(table[["mu1", "mu2"]], run.latents.mu, rtol=1e-5, atol=1e-6)
    assert table["label"].astype(str).tolist() == [run.info.class_names[label] for label in run.latents.y]


@each_kind
def test_the_python_snippet_runs_beside_the_downloaded_file(
    infos: dict[str, RunInfo], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(infos[kind].path.parent)
    names: dict = {}
    exec(files.snippet(infos[kind]), names)  # noqa: S102
    assert names["x_hat"].shape == (8, 8, 8)
    assert torch.equal(names["z"], torch.from_numpy(load_run(infos[kind].path).z()))


def test_a_title_and_a_note_are_kept_and_id_and_links_stay(infos: dict[str, RunInfo]) -> None:
    info = infos["vae"]
    app = opened("Runs", info)
    app.text_input(key=f"title-{info.id}").set_value("My *first* [run](http://x)")
    app.text_area(key=f"text-{info.id}").set_value("two\nlines")
    app.button(key=f"save-{info.id}").click().run()
    assert not app.exception
    assert read_note(info) == Note("My *first* [run](http://x)", "two\nlines")
    row = app.dataframe[0].value.set_index("Run").loc["My *first* [run](http://x)"]
    assert row["Home"] == f"./?run={info.id}"
    assert app.header[0].value == plain("My *first* [run](http://x)")
    assert info.id in words(app)


def test_a_note_that_cannot_be_kept_is_told(infos: dict[str, RunInfo]) -> None:
    app = opened("Runs", infos["vae"])
    infos["vae"].path.with_name(f"{infos['vae'].id}.note.json").mkdir()
    app.text_input(key=f"title-{infos['vae'].id}").set_value("x" * MAX_TITLE)
    app.button(key=f"save-{infos['vae'].id}").click().run()
    assert not app.exception
    assert len(app.error) == 1
    assert one_sentence(app.error[0].value)
    assert read_note(infos["vae"]) == Note()


def test_a_strangers_words_are_shown_as_they_are() -> None:
    text = "![x](http://tracker) **b** :material/home: $x$ <i> `c` a_b_ #1"
    escaped = plain(text)
    assert escaped.replace("\\", "") == text
    assert "![" not in escaped
    assert "](" not in escaped
    assert plain("VAE 7") == "VAE 7"


def test_two_runs_are_compared(infos: dict[str, RunInfo]) -> None:
    app = opened("Runs", infos["vae"], infos["cvae"])
    figures, differing = tables(app)
    recon = infos["vae"].test.recon, infos["cvae"].test.recon
    assert figures.iloc[0, 1:3].tolist() == [f"{value:#.3g}" for value in recon]
    sign = "+" if recon[1] > recon[0] else "−"
    assert figures.iloc[0, 3] == f"{sign}{abs(recon[1] - recon[0]):#.3g}"
    assert set(differing["Setting"]) == {"Model", "Condition encoding", "Condition goes into", "Prior p(z)"}
    spec = json.loads(app.get("vega_lite_chart")[0].proto.spec)
    assert "A: VAE" in json.dumps(spec)
    assert "B: cVAE" in json.dumps(spec)


def test_an_autoencoder_can_be_compared_too(infos: dict[str, RunInfo]) -> None:
    figures, _ = tables(opened("Runs", infos["ae"], infos["vae"]))
    assert figures.iloc[1, 1] == "not defined"
    assert figures.iloc[1, 3] == "–"


def test_of_three_selected_runs_the_first_two_are_compared(infos: dict[str, RunInfo]) -> None:
    app = opened("Runs", infos["ae"], infos["vae"], infos["cvae"])
    figures, _ = tables(app)
    assert figures.iloc[0, 1:3].tolist() == [f"{infos[kind].test.recon:#.3g}" for kind in ("ae", "vae")]
    assert "3 runs" in words(app)


def test_differences_are_told_in_words(infos: dict[str, RunInfo]) -> None:
    vae = infos["vae"]
    cvae = replace(vae, model=replace(vae.model, kind="cvae", condition="embedding"), train=replace(vae.train, seed=1))
    names = ("kind", "condition", "condition_dim", "condition_in", "prior", "seed")
    assert {label for label, _, _ in differing(vae, cvae)} == {SETTINGS[name].label for name in names}
    assert differing(vae, vae) == []
    assert (SETTINGS["seed"].label, "0", "1") in differing(vae, cvae)


def test_a_run_is_deleted_by_its_owner_only_and_asked_first(
    folder: Path, runs: dict[str, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    info = publish(runs["vae"], folder / LOCAL)
    write_note(info, Note("gone soon"))
    for path in folder.glob("*-vae-*"):
        path.unlink()
    delete = f"delete-{info.id}"
    assert delete not in keys(opened("Runs", info))
    monkeypatch.setattr(client.queue().order, "trained_by", lambda visitor: {info.id} if visitor == VISITOR else set())
    app = opened("Runs", info)
    app.button(key=delete).click().run()
    assert info.path.is_file()
    assert {"yes", "no"} <= keys(app)
    app.button(key="no").click().run()
    assert info.path.is_file()
    app.button(key=delete).click().run()
    app.button(key="yes").click().run()
    assert not app.exception
    assert not list((folder / LOCAL).iterdir())
    assert len(app.dataframe[0].value) == 2


def test_only_mine(folder: Path, runs: dict[str, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / f"{runs['vae'].info.id}.safetensors").unlink()
    info = publish(runs["vae"], folder / LOCAL)
    assert not opened().toggle
    monkeypatch.setattr(client.queue().order, "trained_by", lambda visitor: {info.id})
    app = opened()
    assert app.dataframe[0].value["Origin"].tolist()[0] == "trained here, yours"
    app.toggle(key="own").set_value(True).run()
    assert app.dataframe[0].value["Run"].tolist() == [info.id]


def fields(app: AppTest) -> set[str]:
    kinds = ("number_input", "selectbox", "text_input", "multiselect")
    keys = [element.key for kind in kinds for element in app.get(kind)]
    return {key.removeprefix("new_").removesuffix("_mnist") for key in keys if key.startswith("new_")}


def test_every_setting_has_its_field_and_its_words() -> None:
    names = {*ModelConfig.__dataclass_fields__, *TrainConfig.__dataclass_fields__} - {"image_shape", "num_classes"}
    assert set(SETTINGS) == names
    assert {*new_run.MODEL, *new_run.TRAINING, "kind", "dataset"} == names


def test_only_settings_that_matter_are_asked(folder: Path) -> None:
    app = opened("New run")
    common = {
        "dataset",
        "latent_dim",
        "hidden",
        "activation",
        "likelihood",
        "epochs",
        "batch_size",
        "learning_rate",
        "schedule",
        "adam_epsilon",
        "validation",
        "patience",
        "seed",
        "binarize",
        "classes",
        "images",
    }
    variational = {"beta", "kld_warmup", "samples", "bound"}
    conditional = {"condition", "condition_in", "prior"}
    assert fields(app) == common | variational | conditional
    app.selectbox(key="new_condition").set_value("embedding").run()
    assert fields(app) == common | variational | conditional | {"condition_dim"}
    app.selectbox(key="new_likelihood").set_value("gaussian").run()
    assert fields(app) == common | variational | conditional | {"condition_dim", "likelihood_std"}
    app.button_group(key="new_kind").set_value("vae").run()
    assert fields(app) == common | variational | {"likelihood_std"}
    app.button_group(key="new_kind").set_value("ae").run()
    assert fields(app) == common | {"likelihood_std"}
    assert not app.exception


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("new_images", 60_001, "Training images: must be a whole number from 0 to 60000"),
        ("new_latent_dim", 0, "Latent dimensions: must be a whole number from 1 to 64"),
        ("new_beta", -1.0, "KLD weight β: must be a number from 0 to 1000"),
        ("new_epochs_mnist", -1, "Epochs: must be a whole number"),
        ("new_learning_rate", 2.0, "Learning rate: must be a number"),
        ("new_kld_warmup", 11, "KLD warm-up, epochs: must be a whole number from 0 to 10"),
        ("new_seed", -1, "Seed: must be a whole number"),
        ("new_hidden", "64, x", "Hidden layers: must be whole numbers"),
        ("new_hidden", "", "Hidden layers: must be 1 to 8 layer widths"),
        ("new_hidden", "0", "Hidden layers: must be a whole number from 1"),
    ],
)
def test_what_is_impossible_is_said_in_one_sentence(folder: Path, key: str, value: object, reason: str) -> None:
    app = opened("New run")
    widget = app.text_input if key == "new_hidden" else app.number_input
    widget(key=key).set_value(value).run()
    assert not app.exception
    assert len(app.error) == 1
    assert reason in app.error[0].value.replace("\\", "")
    assert one_sentence(app.error[0].value)
    assert app.button(key="train").disabled


def test_a_run_that_exists_is_shown_instead_of_trained_again() -> None:
    app = opened("New run")
    assert "train" not in keys(app)
    app.button(key="show-existing").click().run()
    assert not app.exception
    assert "mnist-cvae-beta1-onehot-s0" in app.header[0].value.replace("\\", "")


def test_a_data_set_that_is_not_here_is_explained(
    folder: Path, forgetful: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_DATA", str(folder))
    app = opened("New run")
    end = time.monotonic() + 60
    while "new-download" not in keys(app):
        assert time.monotonic() < end
        time.sleep(0.2)
        app.run()
    assert "12 MB" in app.button(key="new-download").label
    app.selectbox(key="new_dataset").set_value("digits").run()
    assert "new-download" not in keys(app)


def test_a_part_of_the_data_can_be_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = []
    monkeypatch.setattr(client, "submit", requests.append)
    app = opened("New run")
    app.multiselect(key="new_classes_mnist").set_value([1, 7])
    app.number_input(key="new_images").set_value(500).run()
    app.button(key="train").click().run()
    ((_, config),) = requests[0].models
    assert (config.classes, config.images) == ((1, 7), 500)


def test_epochs_follow_the_data_set(folder: Path) -> None:
    app = opened("New run")
    assert app.number_input(key="new_epochs_mnist").value == DATASETS["mnist"].epochs
    app.selectbox(key="new_dataset").set_value("digits").run()
    assert app.number_input(key="new_epochs_digits").value == DATASETS["digits"].epochs


def test_a_new_run_is_trained_and_comes_into_the_table(folder: Path, served: None) -> None:
    app = opened("New run")
    app.selectbox(key="new_dataset").set_value("digits").run()
    app.number_input(key="new_epochs_digits").set_value(2).run()
    app.text_input(key="new_hidden").set_value("16 8").run()
    app.number_input(key="new_beta").set_value(0.5).run()
    app.button(key="train").click().run()
    assert not app.exception
    end = time.monotonic() + 120
    while client.queue().live():
        assert time.monotonic() < end, "the training did not end"
        time.sleep(0.2)
    app.run()
    assert not app.exception
    trained = [info for info in list_runs(folder) if not info.shipped]
    assert [(info.model.hidden, info.train.beta, info.train.epochs) for info in trained] == [((16, 8), 0.5, 2)]
    assert client.queue().order.find(app.session_state["jobs_ended"][0]).state == DONE
    app.button_group(key="part").set_value("Runs").run()
    assert trained[0].id in set(app.dataframe[0].value["Run"])


def test_a_refusal_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_LOCAL_MB", "0")
    app = opened("New run")
    app.button(key="train").click().run()
    assert not app.exception
    assert len(app.error) == 1
    assert one_sentence(app.error[0].value)
    assert not client.queue().live()


def wanted(kinds: tuple[str, ...], train: TrainConfig) -> Request:
    return Request(tuple((small_model(kind), train) for kind in kinds))


def test_the_list_of_jobs_shows_places_and_lets_only_oneself_cancel(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = client.queue()
    monkeypatch.setattr(queue, "_begin", lambda: None)  # nothing is served: both wait
    other = queue.submit(wanted(("vae",), TrainConfig("digits", seed=7)), "somebody else")
    mine = queue.submit(wanted(("vae", "cvae"), TrainConfig("digits", beta=4.0, seed=7)), VISITOR)
    app = opened("New run")
    assert listing.describe(mine) == "VAE, cVAE · Digits · β = 4 · 200 epochs · seed 7"
    assert {key for key in keys(app) if key.startswith("cancel-")} == {f"cancel-{mine.id}"}
    app.button(key=f"cancel-{mine.id}").click().run()
    assert not app.exception
    assert queue.live() == [other]
    assert f"cancel-{mine.id}" not in keys(app)


@each_kind
def test_a_run_file_is_verified(runs: dict[str, Run], kind: str) -> None:
    assert upload.verified(to_bytes(runs[kind])).info.id == runs[kind].info.id


@pytest.mark.parametrize("place", [0, 9, 200, -1])
def test_a_damaged_run_file_is_refused(runs: dict[str, Run], place: int) -> None:
    raw = bytearray(to_bytes(runs["vae"]))
    raw[place] ^= 1
    with pytest.raises(RunError) as error:
        upload.verified(bytes(raw))
    assert one_sentence(error.value)


def test_what_is_no_run_file_is_refused(runs: dict[str, Run]) -> None:
    from safetensors.numpy import save

    weights = save({"weight": np.zeros(3, np.float32)})
    for content in (b"", b"\x80\x04pickle" * 50, b"PK\x03\x04" * 50, weights, to_bytes(runs["ae"])[:4000]):
        with pytest.raises(RunError) as error:
            upload.verified(content)
        assert one_sentence(error.value)


def uploaded(name: str, content: bytes) -> AppTest:
    app = opened("Upload")
    app.get("file_uploader")[0].upload(name, content, "application/octet-stream")
    return app.run()


def test_an_uploaded_run_is_kept_and_belongs_to_the_visitor(
    runs: dict[str, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path))
    app = uploaded("other name.safetensors", to_bytes(runs["vae"]))
    assert not app.exception
    info = list_runs(tmp_path)[0]
    assert (info.id, info.shipped) == (runs["vae"].info.id, False)
    assert info.path.read_bytes() == to_bytes(runs["vae"])
    app.button(key="show-upload").click().run()
    assert f"delete-{info.id}" in keys(app)


def test_a_run_that_is_here_already_is_left_alone(infos: dict[str, RunInfo], folder: Path) -> None:
    app = uploaded("x.safetensors", infos["vae"].path.read_bytes())
    assert not app.error
    assert "show-upload" in keys(app)
    assert not list((folder / LOCAL).glob("*"))


def test_a_damaged_upload_is_refused_on_the_page(infos: dict[str, RunInfo], folder: Path) -> None:
    app = uploaded("x.safetensors", infos["vae"].path.read_bytes()[:-7])
    assert not app.exception
    assert "x.safetensors" in app.error[0].value.replace("\\", "")
    assert "show-upload" not in keys(app)
    assert not (folder / LOCAL).exists()


def test_an_upload_over_the_quota_is_refused(
    runs: dict[str, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path))
    monkeypatch.setenv("VAE_LOCAL_MB", "0")
    app = uploaded("x.safetensors", to_bytes(runs["vae"]))
    assert len(app.error) == 1
    assert not list_runs(tmp_path)


def test_the_quota_is_told(folder: Path, runs: dict[str, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_LOCAL_MB", "1234")
    assert "0 of 1,234 MB" in words(opened("Upload"))
