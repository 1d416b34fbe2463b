"""Vega specifications of charts: browsers that get them need not compile Vega-Lite."""

import json
from functools import lru_cache
from typing import Any

WORDS = {"text": "title", "subtitle": "subtitle"}  # of a title; the signals that hold them


def compiled(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the Vega specification of a latent space's chart, with its title in the signals "title" and "subtitle".

    Compiling takes a thirtieth of a second, once for all charts that differ only in title and values of parameters, as
    the states of a training do.
    """
    values = {param["name"]: param["value"] for param in spec["params"]}
    words = {signal: spec["title"][word] for word, signal in WORDS.items()}
    alike = {"title": spec["title"] | WORDS, "params": [{"name": name, "value": 0} for name in values]}
    vega: dict[str, Any] = json.loads(_compiled(json.dumps(spec | alike)))
    signals = [signal | {"value": values.get(signal["name"], signal.get("value"))} for signal in vega["signals"]]
    signals += [{"name": signal, "value": text} for signal, text in words.items()]
    title = vega["title"] | {word: {"signal": signal} for word, signal in WORDS.items()}
    return vega | {"title": title, "signals": signals}


@lru_cache(maxsize=128)
def _compiled(spec: str) -> str:
    import vl_convert  # takes its time

    return json.dumps(vl_convert.vegalite_to_vega(spec))
