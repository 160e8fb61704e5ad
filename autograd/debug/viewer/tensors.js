// Statistics and pictures of a tensor; in a comparison of two, [before, after].

function tensorSection(title, tensors, dark) {
  if (!tensors.some(Boolean)) {
    return section(title, el("p", { class: "note" },
      "Not kept: no gradient asks for it. ", el("code", {}, "Tape tape({.keep = Keep::all})"),
      " keeps every value."));
  }
  const pair = tensors.length === 2;
  const notes = tensors.flatMap((t, i) => tensorNotes(t, which(pair, i)));
  const parts = [statisticsTable(tensors), ...notes];
  const change = pair ? relativeChange(...tensors) : undefined;
  if (change !== undefined) {
    parts.push(el("p", { class: "note" },
      change === 0 ? "No difference." : `Relative difference ${formatNumber(change)}.`));
  }
  tensors.forEach((t, i) => {
    if (!t || t.size < 2 || allEqual(t)) return;
    if (pair) parts.push(el("p", { class: "which" }, which(pair, i)));
    if (t.histogram) parts.push(histogramPicture(t.histogram));
    if (t.heatMap) parts.push(heatMapPicture(t.heatMap, t.shape, dark));
    if (t.values) parts.push(valueTable(t));
  });
  return section(title, ...parts);
}

function which(pair, i) { return !pair ? "" : i === 0 ? "before" : "after"; }

/** A column a statistic, a row a tensor; a single number has one column. */
function statisticsTable(tensors) {
  const pair = tensors.length === 2;
  const single = tensors.every((t) => !t || t.size === 1);
  const names = single ? ["number"] : ["min", "mean", "max", "norm"];
  const text = (t, name) => {
    if (t.notFinite === t.size && name !== "number") return "";  // of nothing
    if (name !== "number") return formatNumber(t[name]);
    return formatNumber(t.notFinite ? (t.values?.[0] ?? NaN) : t.mean);
  };
  const result = el("table", { class: pair ? "stats pair" : "stats" }, el("tr", {},
    pair ? el("td") : null, ...names.map((name) => el("th", { scope: "col" }, name))));
  tensors.forEach((t, i) => result.append(el("tr", {},
    pair ? el("th", { scope: "row" }, which(pair, i)) : null,
    ...names.map((name) => el("td", { "data-statistic": name }, t ? text(t, name) : "")))));
  return result;
}

function allEqual(tensor) { return tensor.min === tensor.max && !tensor.notFinite; }

/** "4 of 6 not finite, first [0,1]". */
function notFiniteText(tensor) {
  const count = `${formatCount(tensor.notFinite)} of ${formatCount(tensor.size)}`;
  return `${count} not finite, first ${formatIndex(tensor.shape, tensor.firstNotFinite)}`;
}

/** What the statistics do not say: elements that are not finite, and zeros. */
function tensorNotes(tensor, name) {
  if (!tensor) return [];
  const prefix = name && `${name}: `;
  const notes = [];
  if (tensor.notFinite) {
    const rest = tensor.size > 1 && tensor.notFinite < tensor.size
      ? "; the numbers above are of the finite ones" : "";
    notes.push(el("p", { class: "note broken" }, prefix + notFiniteText(tensor) + rest));
  }
  if (allEqual(tensor) && tensor.size > 1) {
    const text = `all ${formatCount(tensor.size)} are ${formatNumber(tensor.min)}`;
    return [el("p", { class: "note" }, prefix + text)];
  }
  if (tensor.zeros && tensor.size > 1) {
    const count = `${formatCount(tensor.zeros)} of ${formatCount(tensor.size)}`;
    const verb = tensor.zeros === 1 ? "is" : "are";
    notes.push(el("p", { class: "note" }, `${prefix}${count} ${verb} 0`));
  }
  return notes;
}

/** All values of a small tensor, row by row of the last axis. */
function valueTable({ values, shape }) {
  const width = shape.at(-1);
  const result = el("table", { class: "values" });
  for (let start = 0; start < values.length; start += width) {
    const head = shape.length > 1 ? formatIndex(shape.slice(0, -1), start / width) : "";
    result.append(el("tr", {}, el("th", { scope: "row" }, head),
      ...values.slice(start, start + width).map((v) =>
        el("td", { class: Number.isFinite(v) ? "" : "broken" }, formatNumber(v)))));
  }
  return el("div", {
    class: "values-box", tabindex: "0", role: "group", "aria-label": "values",
  }, result);
}
