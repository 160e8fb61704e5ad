"""The page of `tape html`: one file, no network."""

import html as markup

from . import tape as tapes

STYLE = """
:root { color-scheme: light dark; --line: #8884; --mark: #f5a62333; --soft: #666; --bad: #c22; }
@media (prefers-color-scheme: dark) { :root { --soft: #9a9a9a; --bad: #f77; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 84rem; padding: 0 1rem; }
h1 { font-size: 1.2rem; margin: 0; } p { color: var(--soft); margin: .3rem 0 1rem; }
input { font: inherit; padding: .35rem .6rem; width: min(24rem, 100%); box-sizing: border-box; }
table { border-collapse: collapse; width: 100%; margin-top: 1rem; }
th { text-align: left; font-weight: 600; color: var(--soft); }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
td:first-child { text-align: right; color: var(--soft); font-variant-numeric: tabular-nums; }
tr.here { background: var(--mark); } .bad { color: var(--bad); }
small { display: block; color: var(--soft); max-width: 19rem; white-space: normal; } a { color: inherit; }
@media (max-width: 50rem) {
  thead { display: none; }
  tr { display: grid; grid-template-columns: 2.6rem 1fr; padding: .3rem 0; border-bottom: 1px solid var(--line); }
  tr[hidden] { display: none; }
  td { grid-column: 2; border: 0; padding: 0 .4rem; white-space: normal; overflow-wrap: anywhere; }
  td:first-child { grid-area: 1 / 1; }
  td:empty { display: none; }
  td:nth-child(3)::before { content: "from "; color: var(--soft); }
  td:nth-child(6)::before { content: "gradient: "; color: var(--soft); }
}
"""
SCRIPT = """
const search = document.querySelector('input'), rows = [...document.querySelectorAll('tbody tr')];
search.oninput = () => {
  const words = search.value.toLowerCase().split(/\\s+/);
  for (const row of rows) row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word));
};
"""
COLUMNS = ["", "node", "from", "module", "value", "gradient", "line"]


def html(tape, here, state):
    gradients = tapes.Gradients(tape, here)
    rows = "".join(row(tape, node, gradients, here and node.index == here.node) for node in tape.nodes())
    head = "".join(f"<th>{c}</th>" for c in COLUMNS)
    title = text(f"{tape.title}: {tape.size} nodes")
    return (f"<!doctype html>\n<html lang=en><meta charset=utf-8><title>{title}</title>\n"
            f"<meta name=viewport content='width=device-width, initial-scale=1'><style>{STYLE}</style>\n"
            f"<h1>{title}</h1><p>{text(state)}</p>\n"
            f"<input type=search placeholder='search: op, module, file' aria-label='search'>\n"
            f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table>\n"
            f"<script>{SCRIPT}</script></html>\n")


def row(tape, node, gradients, here):
    from .commands import value_of
    formula = f"<small>{text(node.op_text('formula'))}</small>" if node.is_op else ""
    sends = f"<small>{text(node.op_text('gradient'))}</small>" if node.is_op else ""
    inputs = " ".join(f"<a href='#n{i}'>{i}</a>" for i in node.inputs)
    cells = [str(node.index), text(node.what) + formula, inputs, text(node.scope),
             f"{text(node.out.kind)}<small>{warned(value_of(node))}</small>", warned(gradients.short(node)) + sends,
             text(node.line)]
    mark = " class=here" if here else ""
    return f"<tr id=n{node.index}{mark}>" + "".join(f"<td>{c}</td>" for c in cells) + "</tr>\n"


def warned(words):
    return f"<span class=bad>{text(words)}</span>" if "not finite" in words else text(words)


def text(words):
    return markup.escape(words)
