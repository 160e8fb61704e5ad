// Two traces side by side. An entry is a node of the trace that is shown, a node of the other one,
// before, or the pair of them.

function singleEntries(trace) { return trace.nodes.map((node) => ({ node, before: null })); }

/** Pairs nodes in order by what they are and where; what is left over stands alone. */
function pairEntries(before, after) {
  const key = (trace, n) =>
    `${n.op ? n.op.name : "leaf"}|${n.parameter}|${trace.scopePath(n)}|${n.shape}`;
  const a = before.nodes.map((n) => key(before, n)), b = after.nodes.map((n) => key(after, n));
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  const most = Math.min(a.length, b.length) - head;
  while (tail < most && a.at(-1 - tail) === b.at(-1 - tail)) tail++;

  const entries = [];
  const pair = (i, j) => entries.push({
    node: j === null ? null : after.nodes[j],
    before: i === null ? null : before.nodes[i],
  });
  for (let i = 0; i < head; i++) pair(i, i);
  for (const [i, j] of matchMiddle(a, head, a.length - tail, b, head, b.length - tail)) pair(i, j);
  for (let k = tail; k > 0; k--) pair(a.length - k, b.length - k);
  return entries;
}

/** The longest common subsequence of a[a0, a1) and b[b0, b1), with the rest in between. */
function matchMiddle(a, a0, a1, b, b0, b1) {
  const rows = a1 - a0, columns = b1 - b0, kMost = 4e6;
  const pairs = [];
  let i = 0, j = 0;
  if (rows * columns <= kMost) {
    // best[i][j]: how many pairs a[a0 + i ..] and b[b0 + j ..] have.
    const width = columns + 1;
    const best = new Uint32Array((rows + 1) * width);
    for (let r = rows - 1; r >= 0; r--) {
      for (let c = columns - 1; c >= 0; c--) {
        best[r * width + c] = a[a0 + r] === b[b0 + c]
          ? best[(r + 1) * width + c + 1] + 1
          : Math.max(best[(r + 1) * width + c], best[r * width + c + 1]);
      }
    }
    while (i < rows && j < columns) {
      if (a[a0 + i] === b[b0 + j]) pairs.push([a0 + i++, b0 + j++]);
      else if (best[(i + 1) * width + j] >= best[i * width + j + 1]) pairs.push([a0 + i++, null]);
      else pairs.push([null, b0 + j++]);
    }
  }
  while (i < rows) pairs.push([a0 + i++, null]);
  while (j < columns) pairs.push([null, b0 + j++]);
  return pairs;
}

/**
 * How much two tensors differ, relative to their size: 0 = not at all, 1 = altogether, infinite
 * when one of them is not finite; undefined if one is missing. All that is known of both is compared:
 * statistics, heat maps and, where they were kept, the values.
 */
function relativeChange(a, b) {
  if (!a || !b) return undefined;
  if (a.notFinite !== b.notFinite) return Infinity;
  const reach = (t) => Math.max(Math.abs(t.min), Math.abs(t.max));
  const scale = Math.max(reach(a), reach(b));
  if (scale === 0) return 0;
  let change = Math.abs(a.norm - b.norm) / Math.max(a.norm, b.norm);
  const look = (x, y) => {
    const difference = Math.abs(x - y) / scale;
    if (Number.isFinite(difference)) change = Math.max(change, difference);
  };
  for (const k of ["min", "mean", "max"]) look(a[k], b[k]);
  if (a.values && b.values) a.values.forEach((v, i) => look(v, b.values[i]));
  const cells = [a.heatMap, b.heatMap].map((map) => map && heatMapCells(map));
  if (cells[0]?.length === cells[1]?.length) cells[0]?.forEach((v, i) => look(v, cells[1][i]));
  return Math.min(change, 1);
}

function entryChange(entry) {
  if (!entry.node || !entry.before) return { value: undefined, gradient: undefined };
  return {
    value: relativeChange(entry.before.value, entry.node.value),
    gradient: relativeChange(entry.before.gradient, entry.node.gradient),
  };
}

/** The largest changes among entries; undefined where nothing can be compared. */
function largestChange(entries) {
  const largest = (kind) => entries.map((e) => e.change[kind]).filter((c) => c !== undefined)
    .reduce((a, b) => Math.max(a ?? b, b), undefined);
  return { value: largest("value"), gradient: largest("gradient") };
}
