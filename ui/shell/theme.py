"""The visitor's theme."""

import streamlit as st


def current_theme() -> str:
    """Return "light" or "dark", as the visitor's browser shows the app; light until it has said so."""
    return st.context.theme.type or "light"
