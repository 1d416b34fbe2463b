"""The app's pages and what they show, as Streamlit's test harness has them."""

import json

import pyarrow as pa
import streamlit
from streamlit.testing.v1 import AppTest

from tests.support.helpers import ROOT


def forget() -> None:
    """Empty the app's caches."""
    streamlit.cache_resource.clear()
    streamlit.cache_data.clear()


def opened(page: str = "app.py", /, **query: str | list[str]) -> AppTest:
    """A page by its path and the parameters of its URL."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    if page != "app.py":
        app.switch_page(page)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def charts(app: AppTest) -> list[dict]:
    """Titles, horizontal domain and tables of every chart on the page."""
    found = []
    for element in app.get("vega_lite_chart"):
        spec = json.loads(element.proto.spec)
        tables = {
            table.name: pa.ipc.open_stream(table.data.data).read_all().to_pandas() for table in element.proto.datasets
        }
        title, encoding = spec.get("title", {}), spec.get("layer", [spec])[0].get("encoding", {})
        domain = encoding.get("x", {}).get("scale", {}).get("domain")
        found.append({"title": title.get("text"), "subtitle": title.get("subtitle"), "domain": domain} | tables)
    return found


def spaces(app: AppTest) -> list[dict]:
    """The latent spaces that the browser draws, as spaces.js takes them."""
    return component(app)["spaces"]


def subtitle(space: dict) -> str:
    """The second line over a latent space, which Vega has as a signal, and Vega-Lite, until Vega is there, in words."""
    spec = space["spec"]
    signals = {signal["name"]: signal.get("value") for signal in spec.get("signals", ())}
    return signals.get("subtitle") or spec["title"]["subtitle"]


def components(app: AppTest) -> list[dict]:
    """What the components for latent spaces are given."""
    texts = (element.proto.json for element in app.get("bidi_component"))
    return [json.loads(text) for text in texts if '"spaces"' in text]


def component(app: AppTest) -> dict:
    """What the only one is given."""
    (data,) = components(app)
    return data


def words(app: AppTest) -> str:
    """The text of the page, as it is read: without the backslashes that keep Markdown from being understood."""
    kinds = ("markdown", "caption", "info", "error")
    return "\n".join(element.value for kind in kinds for element in app.get(kind)).replace("\\", "")
