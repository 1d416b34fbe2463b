"""One run: its numbers, curves and settings, links to the other pages, its title and note, and its deletion."""

import json

import streamlit as st

from ui.runs.deletion import delete_button
from ui.runs.files import download_buttons
from ui.runs.results import RunNumber, draw_curves, numbers_of, table
from ui.runs.run_settings import settings_of
from ui.shell import words
from ui.shell.navigation import page_link
from vae_core import runs
from vae_core.errors import RunError
from vae_core.runs import Note, RunInfo

MESSAGE = "runs_message"  # session key: what went wrong in a callback
COLUMNS = (5, 6)  # widths


def details(info: RunInfo, title: str) -> None:
    """Show everything about a run, and what can be done with it."""
    st.header(words.plain(title or info.id), anchor=False)
    if title:
        st.caption(info.id)
    _message()
    left, right = st.columns(COLUMNS, gap="large")
    with left:
        _number_table(numbers_of(info))
        st.caption(words.origin(info))
    with right:
        draw_curves({"": info})
    left, right = st.columns(COLUMNS, gap="large")
    with left:
        _settings(info)
    with right:
        _links(info)
        download_buttons(info)
        _note(info)
        delete_button(info)


def _number_table(numbers: list[RunNumber]) -> None:
    rows = [
        (number.name, f"**{number.in_words()}**" + f" {number.unit}" * (number.value is not None), number.direction)
        for number in numbers
    ]
    table(rows, ["", "per test image", "direction"], "Numbers of the run")


def _settings(info: RunInfo) -> None:
    table(settings_of(info).items(), ["Setting", "Value"], "Settings")
    with st.expander("Full metadata"):
        header = info.to_json()
        st.caption("Without the history, which is drawn above.")
        st.code(json.dumps({name: header[name] for name in header if name != "history"}, indent=1), language="json")


def _links(info: RunInfo) -> None:
    with st.container(horizontal=True):
        for page, name in (("home", "Home"), ("kld_weight", "KLD weight"), ("evidence", "Evidence")):
            if page != "kld_weight" or info.model.kind != "ae":
                page_link(page, f"Open on {name}", {"run": info.id})


def _note(info: RunInfo) -> None:
    note = runs.read_note(info)
    with st.expander("Title and note", expanded=bool(note.text), icon=":material/edit:"), st.form(f"note-{info.id}"):
        title_key, text_key = f"title-{info.id}", f"text-{info.id}"
        st.text_input("Title", note.title, max_chars=runs.MAX_TITLE, key=title_key)
        st.text_area("Note", note.text, max_chars=runs.MAX_NOTE, key=text_key, height=110)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.form_submit_button("Save", on_click=_save, args=(info, title_key, text_key), key=f"save-{info.id}")
            st.caption("Visible to everyone who uses this app. The run's id and its links stay the same.")


def _save(info: RunInfo, title_key: str, text_key: str) -> None:
    try:
        runs.write_note(info, Note(st.session_state[title_key], st.session_state[text_key]))
    except RunError as error:
        st.session_state[MESSAGE] = f"Not saved: {error}."


def _message() -> None:
    if MESSAGE in st.session_state:
        st.error(words.plain(st.session_state.pop(MESSAGE)), icon=":material/error:")
