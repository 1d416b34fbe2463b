"""All claims in one picture, each with its verdict; a click, or the list below, has the numbers that decide."""

from collections import Counter

import pandas as pd
import streamlit as st

from ui import store
from ui.charts import export
from ui.charts.claims import CLAIM, ClaimStrip, ClaimValue, claims_chart, claims_tables
from ui.evidence.measured import MeasuredRun, MeasuredRuns, metrics_of
from ui.shell import messages
from ui.shell.theme import current_theme
from ui.shell.words import SHORT, amount, short, subtitle, three, title, verdict_line
from ui.spaces.comparable import NOT_COMPARABLE, comparable
from vae_core.config import KINDS
from vae_core.evidence import CLAIMS, NUMBERS, THRESHOLDS, Claim, Reason, Threshold, Verdict, assess, verdicts_of
from vae_core.evidence.claims import OURS, autoencoder_of
from vae_core.runs import RunInfo

PICTURE = "claims"  # key of the chart
SYMBOLS = {"holds": "✓", "does not hold": "✗", "not defined": "–", "not determined": "?"}
LEGEND = (
    "Dot: the run that is shown, with its standard error; the largest is the one that the claim is about. Small: other "
    "seeds. Grey: where the claim holds. "
    "Short tick: an exactly Gaussian model, chance, or real images. Click a row for its numbers."
)
_spec = st.cache_resource(max_entries=8, show_spinner=False)(claims_chart)
Verdicts = dict[str, Verdict]  # by the claim's name


def claims(runs: MeasuredRuns) -> None:
    """Show the picture, the numbers of the claim that is selected, all of them in a list, and the limits."""
    found = {
        verdict.claim.name: verdict
        for run in runs.values()
        for verdict in verdicts_of(run.info, store.catalogue(), metrics_of)
    }
    counts = {name: count for run in runs.values() for name, count in _verdicts_by_seed(run.info).items()}
    strips = [_strip(verdict, runs, counts.get(name, Counter())) for name, verdict in found.items()]
    figure = export.Figure("Claims", _spec(current_theme(), tuple(SHORT.values()), len(strips)), claims_tables(strips))
    st.fragment(_picture)(figure, strips, runs, found)
    infos = {kind: run.info for kind, run in runs.items()}
    if len(comparable(infos)) < len(infos):
        st.caption(NOT_COMPARABLE)
    with st.expander("Every claim in numbers"):
        for kind, column in zip(KINDS, st.columns(len(KINDS), gap="medium"), strict=True):
            with column, st.container(key=f"claims-{kind}", gap="xsmall"):
                st.markdown(f"**{title(kind)}**")
                if kind in runs:
                    st.caption(subtitle(runs[kind].info))
                else:
                    messages.no_such_run(kind)
                for verdict in _about(kind, found):
                    _claim(verdict, counts.get(verdict.claim.name, Counter()))
    with st.container(horizontal=True, vertical_alignment="center"):
        export.figures("Claims", [figure])
        with st.popover("Limits", icon=":material/rule:", type="tertiary"):
            st.markdown(
                "A claim holds if all its conditions do; within two standard errors of a limit it is not determined. "
                "The limits are effect sizes, less what chance gives an exactly Gaussian model of as many images. "
                "They were set after looking at the shipped runs."
            )
            st.dataframe(threshold_table(), hide_index=True, height="content", key="thresholds")
        rows = [_row(runs[kind], verdict) for kind in runs for verdict in _about(kind, found)]
        export.csv("Verdicts", pd.DataFrame(rows))


def _about(kind: str, found: Verdicts) -> list[Verdict]:
    return [verdict for verdict in found.values() if verdict.claim.kind == kind]


def _picture(figure: export.Figure, strips: list[ClaimStrip], runs: MeasuredRuns, found: Verdicts) -> None:
    """Draw the picture, and below it the numbers of the claim that was clicked."""
    text = "; ".join(f"{strip.model}: {strip.sentence}: {strip.verdict[2:]}" for strip in strips)
    with st.container(key="all-claims" if len(strips) == len(CLAIMS) else "some-claims"):  # whose height is kept free
        clicked = figure.draw(PICTURE, f"All claims with their numbers and limits. {text}", select=CLAIM)
    st.caption(LEGEND)
    if (verdict := found.get(clicked)) is not None:
        with st.container(border=True, key="claim"):
            _details(verdict, runs)


def _strip(verdict: Verdict, runs: MeasuredRuns, count: Counter[str]) -> ClaimStrip:
    """Return what the picture shows of a claim: the condition that decides."""
    claim, drawn = verdict.claim, drawn_reason(verdict)
    row = drawn.threshold
    values = [
        ClaimValue(short(kind), info.train.seed, reason.value, reason.error, info == run.info)
        for kind, run in runs.items()
        for info in store.catalogue().along(run.info, "seed").values()
        if (reason := _assessed(row, info)).value is not None
    ]
    number = "" if drawn.value is None else amount(drawn.value, row.unit, drawn.error)
    return ClaimStrip(
        claim.name, short(claim.kind), sentence_of(claim), row.label, row.limit, limit_in_words(row),
        row.direction == "at least", f"{SYMBOLS[verdict.verdict]} {verdict.verdict}{_agreeing(verdict, count)}", number,
        values, drawn.null,
    )  # fmt: skip


def sentence_of(claim: Claim) -> str:
    """Return a claim in words; those that the lecture does not make are marked."""
    return claim.sentence + (" (ours)" if claim.source == OURS else "")


def limit_in_words(row: Threshold) -> str:
    """Return a condition's limit with its unit."""
    return f"{100 * row.limit:g}%" if row.unit == "share" else f"{row.limit:g} {row.unit}"


def drawn_reason(verdict: Verdict) -> Reason:
    """Return the condition to draw: the claim's first one, unless it is another one that decides."""
    first = verdict.rows[0]
    return first if first.verdict == verdict.verdict else verdict.decisive


def _assessed(row: Threshold, info: RunInfo) -> Reason:
    """Return what a condition comes to for a run, of whatever kind."""
    ae = autoencoder_of(info, store.catalogue())
    return assess(row, metrics_of(info), info.class_count, None if ae is None else metrics_of(ae))


def _details(verdict: Verdict, runs: MeasuredRuns) -> None:
    """Show a claim's conditions for the three models, with formula and meaning."""
    st.markdown(verdict_line(verdict))
    st.caption("  \n".join(_capitalized(reason.sentence) for reason in verdict.reasons))
    rows = [reason.threshold for reason in verdict.rows]
    st.dataframe(condition_table(rows, runs), hide_index=True, height="content", alt="The conditions of the claim")
    for row in rows:
        number = NUMBERS[row.metric]
        st.markdown(f"**{number.name}**: {number.meaning} Compared with the limit: {row.effect}.")
        st.latex(number.formula)


def condition_table(rows: list[Threshold], runs: MeasuredRuns) -> pd.DataFrame:
    """Return a row for each condition of a claim: its limit, and what it comes to for each model."""
    about = next(claim.kind for claim in CLAIMS if claim.name == rows[0].claim)
    table = []
    for row in rows:
        beside: dict[str, str] = {}
        cells = {"Condition": f"{_capitalized(row.label)}, {row.direction} {limit_in_words(row)}"}
        for kind, run in runs.items():
            reason = _assessed(row, run.info)
            cells[short(kind)] = (
                str(reason.missing) if reason.value is None else amount(reason.value, row.unit, reason.error)
            )
            if kind == about:
                null, margin = reason.null, reason.margin
                beside = {
                    "Reference": "" if null is None else three(null),
                    "Margin": "" if margin is None else f"{margin:.1f} standard errors".replace("-", "−"),
                }
        table.append(cells | beside)
    return pd.DataFrame(table)


def _claim(verdict: Verdict, verdicts_by_seed: Counter[str]) -> None:
    st.markdown(f"{verdict_line(verdict)}{_agreeing(verdict, verdicts_by_seed)}")
    sentences = [reason.sentence for reason in verdict.reasons]
    st.caption("  \n".join(map(_capitalized, sentences)))


def _agreeing(verdict: Verdict, verdicts_by_seed: Counter[str]) -> str:
    """Say on how many seeds the verdict is the same; nothing of a single one."""
    seeds = verdicts_by_seed.total()
    return f" ({verdicts_by_seed[verdict.verdict]} of {seeds} seeds)" if seeds > 1 else ""


def _capitalized(sentence: str) -> str:
    """Return a sentence with a capital, but for one that begins with a symbol such as k-NN."""
    return sentence[:1].upper() + sentence[1:] if sentence[1:2].isalpha() else sentence


def _verdicts_by_seed(info: RunInfo) -> dict[str, Counter[str]]:
    """Count the verdicts on each claim over the runs that differ from one in nothing but the seed."""
    counts: dict[str, Counter[str]] = {}
    for run in store.catalogue().along(info, "seed").values():
        for verdict in verdicts_of(run, store.catalogue(), metrics_of):
            counts.setdefault(verdict.claim.name, Counter())[verdict.verdict] += 1
    return counts


def _row(run: MeasuredRun, verdict: Verdict) -> dict[str, object]:
    drawn = drawn_reason(verdict)
    return {
        "run": run.info.id, "model": short(run.kind), "claim": verdict.claim.sentence, "verdict": verdict.verdict,
        "whose": verdict.claim.source, "number": drawn.value, "error": drawn.error, "reference": drawn.null,
        "limit": drawn.threshold.limit, "margin": drawn.margin, "because": verdict.because,
    }  # fmt: skip


def threshold_table() -> pd.DataFrame:
    """Return the thresholds in words, a row each."""
    sentences = {claim.name: f"{short(claim.kind)}: {sentence_of(claim)}" for claim in CLAIMS}
    rows = [
        {
            "Claim": sentences[threshold.claim],
            "Condition": f"{threshold.label} {threshold.direction} {limit_in_words(threshold)}",
            "Effect": threshold.effect,
        }
        for threshold in THRESHOLDS
    ]
    return pd.DataFrame(rows)
