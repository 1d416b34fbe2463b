"""Links that nobody should send: wild, huge, repeated and foreign values for every parameter of every page."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from unittest import mock

from streamlit.testing.v1 import AppTest

from tests.support.screens import opened, words
from ui.shell import params
from ui.shell.navigation import PAGES
from ui.shell.params import Rule

ODD = (
    *("", " ", "inf", "-inf", "nan", "1e999", "1e-400", "-1", "-0", "0", "1", "1.5", "2.0", "0x10", "1_0", " 1", "+1"),
    *("1e0", "٣", "²", "½", "∞", "1,2", "1;2", "1.5.2", ",", "~", "~abc", "9" * 5000, "0" * 400, "a" * 5000, "true"),
    *("TRUE", "False", "null", "None", "undefined", "[]", "{}", "../../etc/passwd", "C:\\x", "<b>b</b>", ":red[x]"),
    *("\x00", "\n", "\u202eabc", "日本語", "Ω", "💥", "🏳️‍🌈", "e\u0301", "$x$", "`", "**b**", "[a](b)", "' OR 1"),
)  # fmt: skip
USUAL = {  # values that open the parts of the pages, where further parameters are looked at
    "home": {"plots": ["plain"], "seed": ["0", "1", "2"], "beta": ["0.1", "8"], "latent_dim": ["2"]},
    "lecture": {"step": [str(number) for number in range(1, 10)], "speaker": ["true"], "dimensions": ["One dimension"]},
    "kld_weight": {
        "view": ["Rate–distortion", "β strip", "Compare", "Sweep"], "dataset": ["Digits", "MNIST"],
        "beta": ["4", "3.3"],
    },
    "generate": {
        "view": ["All three models", "One z, all conditions", "Latent traversal", "Condition encoding"],
        "condition": ["embedding"], "classes": ["7"],
    },
    "explore": {
        "view": ["Manifold", "Interpolation", "Reconstruction", "Your own digit"], "model": ["AE", "VAE", "cVAE"],
        "which": ["random"], "plots": ["plain"],
    },
    "evidence": {"view": ["Information", "Samples", "All numbers", "Seeds"]},
    "runs": {"part": ["Runs", "New run", "Upload"], "find": ["vae"], "models": ["VAE"], "datasets": ["MNIST"]},
}  # fmt: skip
MOST = 5  # odd parameters of one link


class Found(NamedTuple):
    """What a link did: the exceptions on the page, and the wrong parameters that it passed over in silence."""

    exceptions: list[str]
    unsaid: set[str]


@contextmanager
def recorded() -> Iterator[dict[str, Rule]]:
    """The rules by which pages check their links meanwhile, by the names of the parameters."""
    rules: dict[str, Rule] = {}
    check = params.check

    def recording(further: dict[str, Rule]) -> None:
        rules.update(further)
        check(further)

    with mock.patch.object(params, "check", recording):
        yield rules


def odd_links(names: dict[str, list[str]], seed: int, count: int) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """A page and the parameters of a link to it, `count` times.

    Arguments:
        names: The parameters of each page.
        seed, count: Which links, and how many.
    """
    random_ = random.Random(seed)
    for _ in range(count):
        page = random_.choice(list(PAGES))
        usual = random_.sample(list(USUAL[page].items()), random_.randint(0, len(USUAL[page])))
        link = {name: [random_.choice(values)] for name, values in usual}
        for name in random_.sample(names[page], min(len(names[page]), random_.randint(1, MOST))):
            link[name] = random_.choices(ODD, k=random_.choice((1, 1, 1, 2, 30)))
        yield page, link


def visited(page: str, link: dict[str, list[str]]) -> Found:
    """Open a link."""
    with recorded() as rules:
        app: AppTest = opened(PAGES[page].path, **link)
        text = words(app)
    unsaid = {name for name in params.refused(link, rules) if f"The link asks for {name} =" not in text}
    return Found([f"{exception.message}" for exception in app.exception], unsaid)
