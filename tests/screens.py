"""What a page shows, as Streamlit's test harness has it."""

import json

import pyarrow as pa
from streamlit.testing.v1 import AppTest


def charts(app: AppTest) -> list[dict]:
    """Titles, horizontal domain and tables of every chart on the page."""
    found = []
    for element in app.get("vega_lite_chart"):
        spec = json.loads(element.proto.spec)
        tables = {
            table.name: pa.ipc.open_stream(table.data.data).read_all().to_pandas() for table in element.proto.datasets
        }
        title, encoding = spec.get("title", {}), spec["layer"][0].get("encoding", {})
        domain = encoding.get("x", {}).get("scale", {}).get("domain")
        found.append({"title": title.get("text"), "subtitle": title.get("subtitle"), "domain": domain} | tables)
    return found


def words(app: AppTest) -> str:
    """The text of the page, as it is read: without the backslashes that keep Markdown from being understood."""
    kinds = ("markdown", "caption", "info", "error")
    return "\n".join(element.value for kind in kinds for element in app.get(kind)).replace("\\", "")
