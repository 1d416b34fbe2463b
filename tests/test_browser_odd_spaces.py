"""Latent spaces that are not the usual ones, in a real browser: few and many images, classes and dimensions."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support import spaces
from tests.support.app_server import NO_ENGINE, Server, serve
from tests.support.helpers import small_model, small_training
from tests.support.visits import Visit
from ui.charts import Window, point_table
from ui.charts.latent_space import SpaceView, latent_space_chart
from vae_core.config import DATASETS
from vae_core.data import ImageSet
from vae_core.runs import from_trained, save_run
from vae_core.training import train

pytestmark = pytest.mark.browser
PANEL = ".spaces .selection"
# Data set, latent dimensions, and the link that shows them.
ODD = {
    "one dimension": ("digits", 1, "?dataset=Digits&latent_dim=1"),
    "three dimensions": ("digits", 3, "?dataset=Digits&latent_dim=3"),
    "360 images": ("digits", 2, "?dataset=Digits&latent_dim=2"),
    "26 classes": ("emnist_letters", 2, "?dataset=EMNIST+letters"),
}


def noise(dataset: str, count: int) -> ImageSet:
    """Random images with the shape, the classes and the number of a data set's."""
    info, generator = DATASETS[dataset], torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (count, *info.image_shape), generator=generator, dtype=torch.uint8)
    y = torch.arange(count) % info.num_classes
    return ImageSet(x, y, info.class_names, dataset, fingerprint="0" * 64)


@pytest.fixture(scope="module")
def app(browsing: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("odd")
    for dataset, latent_dim, _ in ODD.values():
        info = DATASETS[dataset]
        sets = noise(dataset, 200), noise(dataset, info.images[1])
        for kind in ("vae", "cvae"):
            config = small_model(
                kind, image_shape=info.image_shape, num_classes=info.num_classes, latent_dim=latent_dim, hidden=(8,)
            )
            *_, progress = train(config, small_training(dataset=dataset, epochs=1), *sets, "cpu")
            run = from_trained(progress.trained, *sets)
            save_run(folder / f"{run.info.id}.safetensors", run)
    places = {"VAE_CHECKPOINTS": str(folder), "VAE_DATA": str(folder / "none")}
    with serve(environment=places | {"VAE_SCHEDULER": NO_ENGINE}) as server:
        yield server


@pytest.mark.parametrize("name", ODD)
def test_it_is_drawn_and_answers_to_gestures(visit: Callable[..., Visit], name: str) -> None:
    dataset, latent_dim, link = ODD[name]
    shown = visit(link)
    page, count = shown.page, DATASETS[dataset].images[1]
    spaces.when_ready(page)
    assert "No run of the Autoencoder" in page.locator(".spaces .message").first.inner_text()
    shapes = page.locator(".spaces").evaluate("(e) => e.spaces.plots.map((p) => p.points?.length ?? 0)")
    assert shapes == [0, 2 * count, 2 * count]
    for number in (1, 2):
        canvas = spaces.plot(page, number).locator("canvas").first
        assert canvas.evaluate("(c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(Boolean)")
    assert page.locator(".spaces .legend button").count() == DATASETS[dataset].num_classes
    spaces.drag(page, 1, (0.001, 0.001), (0.999, 0.999))
    assert len(spaces.chosen(page)) == count
    shown.says(f"{count:,} images selected", PANEL)
    spaces.drag(page, 1, (0.0, 0.0), (0.02, 0.02))
    assert spaces.chosen(page) == []
    x, y = page.locator(".spaces").evaluate("({spaces: {plots}}) => plots[2].toPixels(...plots[2].points.slice(0, 2))")
    page.mouse.click(spaces.area(page, 2).left + x, spaces.area(page, 2).top + y)
    (row,) = spaces.chosen(page)
    shown.says(f"test image {row}", PANEL)
    assert page.locator(f"{PANEL} canvas").count() == 2  # no originals: the digits that are here are not these runs'
    z = page.locator(".spaces").evaluate(f"(e) => [...e.spaces.latent(e.spaces.data.spaces[1], {row})]")
    assert len(z) == latent_dim
    assert np.isfinite(z).all()


def test_letters_differ_by_more_than_their_colour() -> None:
    names = DATASETS["emnist_letters"].class_names
    view = SpaceView("VAE", "", ("z₁", "z₂"), Window((0.0, 0.0), 4.0), names)
    nothing = np.empty((0, 2), np.float32), np.empty(0, np.int64)
    spec = latent_space_chart(view, point_table(*nothing, names), point_table(*nothing, names)).to_dict()
    encoding = spec["layer"][0]["encoding"]
    looks = zip(encoding["color"]["scale"]["range"], encoding["shape"]["scale"]["range"], strict=True)
    assert len(set(looks)) == 26
