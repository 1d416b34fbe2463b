"""What a link may ask for: rules, and every page at values that cannot be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from tests.support.screens import opened, words
from ui.shell import params


@pytest.mark.parametrize(
    ("rule", "right", "wrong"),
    [
        (params.one_of((1, "a")), ("1", "a"), ("", "A", "1.0")),
        (params.one_of(("", "7")), ("", "7"), ("8",)),
        (params.number(0, 5), ("0", "5", "2.5", "1e0"), ("5.1", "-1", "", "nan", "inf", "-inf", "five")),
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


PAGES = {
    "app.py": [dict.fromkeys(("axes", "latents", "seed"), ""), {"classes": "x"}, {"beta": "inf"}, {"run": "../x"}],
    "pages/2_KLD_weight.py": [
        {"seed": "inf"}, {"latent_dim": "1e999"}, {"kld_warmup": "-inf"}, {"beta": "nan"}, {"effort": ""},
        {"condition": ""}, {"dataset": ""}, {"latents": ""}, {"view": ""}, {"view": "Compare", "compared": ""},
        {"view": "Compare", "pins": "inf"}, {"view": "Sweep", "sweep_seeds": "inf"}, {"run": "nothing"},
    ],
    "pages/3_Generate.py": [{"draw": "inf"}, {"view": ""}, {"seed": "inf"}],
    "pages/4_Explore.py": [
        {"view": ""}, {"model": ""}, {"grid": "inf"}, {"over": ""}, {"view": "Interpolation", "from": "inf"},
        {"view": "Interpolation", "way": ""}, {"view": "Reconstruction", "image": "inf"},
        {"view": "Reconstruction", "which": "random", "draw": "inf"}, {"view": "Your own digit", "how": ""},
    ],
    "pages/5_Evidence.py": [{"view": ""}, {"beta": "inf"}],
    "pages/6_Runs.py": [{"part": ""}, {"run": "nothing"}],
}  # fmt: skip
HARMLESS = {"Compare", "Sweep", "Interpolation", "Reconstruction", "Your own digit", "random"}


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(("page", "query"), [(page, query) for page, queries in PAGES.items() for query in queries])
def test_a_wild_value_is_named_and_the_default_is_shown(page: str, query: dict[str, str]) -> None:
    app = opened(page, **query)
    assert not app.exception
    for name, value in query.items():
        if value not in HARMLESS:
            assert f"The link asks for {name} = {value}" in words(app)
    app.run()
    assert not app.exception
    assert "The link asks" not in words(app)


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
