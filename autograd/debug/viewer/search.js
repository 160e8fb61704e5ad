// Finding nodes: words that all must fit, each perhaps of one kind ("op:linear").

class Search {
  constructor(view) {
    this.view = view;
    this.input = document.getElementById("search");
    this.found = document.getElementById("found");
    this.matches = [];        // entries, in order
    this.isMatch = new Set();
    this.version = 0;
    this.input.addEventListener("input", () => this.run());
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        this.go(event.shiftKey ? -1 : 1);
        event.preventDefault();
      } else if (event.key === "Escape") {
        this.clear();
        view.rowList.list.focus();
        event.stopPropagation();
      }
    });
    document.getElementById("next-match").addEventListener("click", () => this.go(1));
    document.getElementById("previous-match").addEventListener("click", () => this.go(-1));
  }

  /** What can be asked for by name. Without a name, any of them may fit. */
  #texts(entry) {
    const node = entry.node ?? entry.before, trace = this.view.traceOf(entry);
    const from = trace.scopes[node.scope].from;
    const texts = {
      op: node.op?.name ?? "",
      in: trace.scopePath(node),
      label: node.label,
      param: node.parameter,
      line: `${trace.placeText(node.place)} ${node.scope ? trace.placeText(from) : ""} ${
        trace.placeText(trace.ownPlace(node))}`,
      node: node.what,
      with: node.attributes.map(attributeText).join(" "),
      gradient: !node.needsGrad ? "" : !node.gradient ? "none"
        : node.gradient.notFinite ? "not finite" : node.gradient.norm === 0 ? "zero" : "",
    };
    for (const [kind, text] of Object.entries(texts)) texts[kind] = text.toLowerCase();
    return texts;
  }

  #fits(texts, entry, words) {
    return words.every((word) => this.#fitsWord(texts, entry, word));
  }

  #fitsWord(texts, entry, word) {
    const colon = word.indexOf(":");
    const kind = colon > 0 ? word.slice(0, colon) : "";
    if (kind in texts) {
      const wanted = word.slice(colon + 1);
      // The number of a line is meant whole: mlp.cpp:2 is not mlp.cpp:25.
      if (kind === "line") return texts.line.split(" ").some((l) => fitsLine(l, wanted));
      return kind === "op" ? texts.op.startsWith(wanted) : texts[kind].includes(wanted);
    }
    if (/^\d+$/.test(word)) return (entry.node ?? entry.before).index === Number(word);
    if (/:\d+$/.test(word)) return texts.line.split(" ").some((l) => fitsLine(l, word));
    return Object.values(texts).some((text) => text.includes(word));
  }

  run() {
    const words = this.input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    this.matches = [];
    if (words.length) {
      const { entries } = this.view;
      this.texts ??= entries.map((e) => this.#texts(e));
      entries.forEach((e, i) => { if (this.#fits(this.texts[i], e, words)) this.matches.push(i); });
    }
    this.isMatch = new Set(this.matches);
    this.version++;
    this.at = -1;
    this.#tell();
    this.view.rowList.schedule();
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  clear() {
    this.input.value = "";
    this.run();
  }

  go(step) {
    if (!this.matches.length) return;
    // From the selected row on, so that finding and looking around go together.
    const here = this.view.selectedRow ? this.view.tree.range(this.view.selectedRow)[0] : -1;
    if (this.at < 0) {
      const next = this.matches.findIndex((m) => m > here);
      this.at = step > 0 ? (next < 0 ? 0 : next) : (next < 0 ? this.matches.length : next) - 1;
    } else {
      this.at += step;
    }
    this.at = (this.at + this.matches.length) % this.matches.length;
    this.view.selectEntry(this.matches[this.at]);
    this.#tell();
  }

  #tell() {
    const asked = Boolean(this.input.value.trim()), count = formatCount(this.matches.length);
    this.found.textContent = !asked ? "" : !this.matches.length ? "none"
      : this.at < 0 ? `${count} found` : `${this.at + 1} of ${count}`;
    document.body.classList.toggle("searching", asked);
  }

  matchesRow(row) {
    if (!this.matches.length) return false;
    const [first, last] = this.view.tree.range(row);
    if (row.kind === "node") return this.isMatch.has(first);
    return row.folded && this.matches.some((m) => first <= m && m < last);
  }
}

/** "vae/mlp.cpp:25" fits "mlp.cpp:25", "25" and "mlp". */
function fitsLine(place, wanted) {
  if (/^\d+$/.test(wanted)) return place.endsWith(`:${wanted}`);
  return /:\d+$/.test(wanted) ? place.endsWith(wanted) : place.includes(wanted);
}
