"""The closer look under the exhibit of "KLD weight": one of four views."""

import streamlit as st

from ui import store
from ui.kld_weight import compare, strip, sweep, tradeoff
from ui.kld_weight.choice import TrainingChoice
from ui.shell import params

VIEW = "view"  # session key and URL parameter
VIEWS = {
    "Rate–distortion": tradeoff.tradeoff,
    "β strip": strip.strip,
    "Compare": compare.compare,
    "Sweep": sweep.sweep,
}


def views(choice: TrainingChoice) -> None:
    """Draw the view that the visitor has selected."""
    params.check({VIEW: params.one_of(VIEWS)} | compare.link_rules() | sweep.link_rules())
    view = st.segmented_control(
        "A closer look", list(VIEWS), default=next(iter(VIEWS)), required=True, key=VIEW, bind="query-params"
    )
    VIEWS[view](choice, store.catalogue())
