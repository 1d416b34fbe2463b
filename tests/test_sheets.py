import numpy as np
import pytest

from vae_core.sheets import sheet


@pytest.mark.parametrize(
    ("n", "columns", "shape"), [(9, None, (3, 3)), (10, None, (3, 4)), (1, None, (1, 1)), (5, 2, (3, 2))]
)
def test_images_lie_row_by_row(n, columns, shape):
    images = np.arange(1, n + 1, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 3), np.uint8)
    whole = sheet(images, columns)
    assert whole.shape == (2 * shape[0], 3 * shape[1])
    cells = [
        whole[2 * row : 2 * row + 2, 3 * column : 3 * column + 3]
        for row in range(shape[0])
        for column in range(shape[1])
    ]
    padded = [*images, *np.zeros((len(cells) - n, 2, 3))]
    assert all(np.array_equal(cell, image) for cell, image in zip(cells, padded, strict=True))
