"""What a link may ask for: rules, and every page at values that cannot be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from tests.support.odd_links import odd_links, visited
from tests.support.screens import opened, words
from ui.shell import params


@pytest.mark.parametrize(
    ("rule", "right", "wrong"),
    [
        (params.one_of((1, "a")), ("1", "a"), ("", "A", "1.0")),
        (params.one_of(("", "7")), ("", "7"), ("8",)),
        (
            params.number(0, 5),
            ("0", "5", "2.5", "1e0"),
            ("5.1", "-1", "", "nan", "inf", "five", " 1", "1_0", "٣", "0" * 99),
        ),
        (params.count(1, 50), ("1", "50"), ("0", "51", "1.0", "+1", "", "²", "٣", "9" * 5000)),
        (params.whole(0, 5), ("0", "5", "3.0"), ("2.5", "6", "", "nan", "inf", "1e999")),
    ],
)
def test_rules(rule: params.Rule, right: tuple[str, ...], wrong: tuple[str, ...]) -> None:
    assert all(rule.fits(text) for text in right)
    assert not any(rule.fits(text) for text in wrong)


@given(st.text())
def test_no_text_is_too_wild_for_a_rule(text: str) -> None:
    for rule in (params.one_of("ab"), params.number(0, 1), params.whole(0, 1), params.a_run([])):
        assert rule.fits(text) in (True, False)


def test_of_many_words_the_first_are_listed() -> None:
    assert params.one_of(range(3)).need == "one of 0, 1, 2"
    assert params.one_of(range(99)).need.endswith("10, 11, …")


NAMES = {
    "home": ["classes", "images", "latents", "axes", "seed", "beta", "run", "dataset", "latent_dim"],
    "lecture": ["step", "answers", "digit", "further", "drawn", "draws", "mu", "sigma", "direction", "labels", "label"],
    "kld_weight": ["beta", "seed", "latent_dim", "kld_warmup", "effort", "condition", "pins", "sweep_betas", "hidden"],
    "generate": ["classes", "count", "draw", "temperature", "path", "radius", "from", "to", "share"],
    "explore": ["grid", "over", "from", "to", "image", "draw", "which", "how", "model", "z1"],
    "evidence": ["view", "seed", "beta", "run"],
    "runs": ["part", "run", "find", "models", "datasets"],
}
WRONG = {  # all of a link's wrong values are named at once; of the harmless ones beside them nothing is said
    "app.py": [{
        "axes": "", "latents": "", "seed": "", "classes": "x", "beta": "inf", "run": "../x", "images": "1,,2",
        "tiles": "1", "contours": "", "plots": "x",
    }],
    "pages/1_Lecture.py": [
        {"step": step, "speaker": "TRUE", "answers": "1z", "digit": "10", "mu": "nan", "draws": "0", "labels": "x"}
        for step in ("", "2.0")
    ],
    "pages/2_KLD_weight.py": [
        {"seed": "inf", "latent_dim": "1e999", "beta": "nan", "effort": "", "condition": "", "run": "nothing"},
        {"kld_warmup": "-inf", "dataset": "", "latents": "", "view": ""},
        {"view": "Compare", "compared": "", "pins": "inf"}, {"view": "Sweep", "sweep_seeds": "inf"},
    ],
    "pages/3_Generate.py": [{"draw": "inf", "view": "", "seed": "inf"}],
    "pages/4_Explore.py": [
        {"view": "", "model": "", "grid": "inf", "over": ""}, {"view": "Interpolation", "from": "inf", "way": ""},
        {"view": "Reconstruction", "image": "inf", "which": "random", "draw": "inf"},
        {"view": "Your own digit", "how": ""},
    ],
    "pages/5_Evidence.py": [{"view": "", "beta": "inf"}],
    "pages/6_Runs.py": [{"part": "", "run": "nothing"}],
}  # fmt: skip
HARMLESS = {"Compare", "Sweep", "Interpolation", "Reconstruction", "Your own digit", "random"}


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(("page", "query"), [(page, query) for page, queries in WRONG.items() for query in queries])
def test_wild_values_are_named_and_the_defaults_are_shown(page: str, query: dict[str, str]) -> None:
    app = opened(page, **query)
    assert not app.exception
    for name, value in query.items():
        assert (f"The link asks for {name} = {value}" in words(app)) == (value not in HARMLESS)
    app.run()
    assert not app.exception
    assert "The link asks" not in words(app)


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(("page", "link"), list(odd_links(NAMES, seed=0, count=10)))
def test_an_odd_link_opens_its_page_and_hears_every_refusal(page: str, link: dict[str, list[str]]) -> None:
    assert visited(page, link) == ([], set())


def moved(app: AppTest, page: str, **query: str) -> AppTest:
    """The session on another page, by a link with these parameters alone."""
    app.switch_page(page)
    app.query_params.clear()
    app.query_params.update(query)
    return app.run()


@pytest.mark.usefixtures("pages")
def test_each_page_checks_a_shared_name_by_its_own_rule() -> None:
    app = opened("pages/4_Explore.py", view="Interpolation", **{"from": "5"})
    app.button_group(key="view").set_value("Manifold").run()  # no widget writes "from" any more
    moved(app, "pages/3_Generate.py", condition="embedding", view="Condition encoding", **{"from": "zzz"})
    assert not app.exception
    assert "The link asks for from = zzz" in words(app)


@pytest.mark.usefixtures("pages")
def test_a_value_goes_along_to_another_page_only_where_its_name_means_the_same() -> None:
    app = opened("pages/4_Explore.py", view="Interpolation", seed="1")
    moved(app, "pages/3_Generate.py")
    assert app.button_group(key="view").value == "All three models"
    assert app.selectbox(key="seed").value == 1
    app.slider(key="count").set_value(3).run()
    moved(app, "pages/4_Explore.py")
    assert app.button_group(key="view").value == "Manifold"
    moved(app, "pages/3_Generate.py")
    assert not app.exception
    assert app.slider(key="count").value == 3  # no other page has a parameter of that name


@pytest.mark.usefixtures("pages")
def test_the_address_of_a_page_is_that_of_its_own_widgets() -> None:
    app = moved(opened("pages/4_Explore.py", view="Interpolation"), "pages/3_Generate.py")
    assert "view" not in app.query_params
