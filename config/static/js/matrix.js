// Live weighted totals in the score matrix; the server's are the ones that count. Contract: <table data-matrix>, in it
// rows with an input (or cell with data-value) [data-weight="criterion"] and inputs [data-score="option"]
// holding "55" or "40 / 55 / 70", cells [data-total="option"]. A row <tr data-criterion> may say data-direction="min",
// data-scale="linear", data-worst, data-best. The leader's cell gets .lead and the text of data-leads.

const number = (text) => {
  const value = Number(String(text ?? "").trim().replace(",", ".").replace("\u2212", "-"));
  return String(text ?? "").trim() === "" || !Number.isFinite(value) ? null : value;
};

/** The likely number of "55" or "40 / 55 / 70". */
const likely = (text) => {
  const parts = String(text).split(/\s*(?:\/|…|;|\s)\s*/).filter(Boolean);
  return parts.length === 3 ? number(parts[1]) : parts.length === 1 ? number(parts[0]) : null;
};

const clamp = (value) => Math.min(100, Math.max(0, value));

/** A score as a value between 0 and 100, by the row's own scale. */
function worth(score, rule, scores) {
  const down = rule.direction === "min";
  if (rule.scale === "piecewise") return along(rule.curve, score);
  if (rule.scale !== "linear") return clamp(down ? 100 - score : score);
  const stated = [number(rule.worst), number(rule.best)];
  const ends = stated.includes(null) ? scores : stated;
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  if (low === high) return 0;
  const share = clamp(((score - low) / (high - low)) * 100);
  return down ? 100 - share : share;
}

/** The value at a score, straight between the corners "score value score value …", level beyond them. */
function along(curve, score) {
  const ends = (curve ?? "").trim().split(/\s+/).map(Number);
  const last = ends.length - 2;
  if (last < 2) return 0;
  if (score <= ends[0]) return ends[1];
  for (let i = 2; i <= last; i += 2) {
    const [x0, y0, x1, y1] = ends.slice(i - 2, i + 2);
    if (score <= x1) return y0 + ((score - x0) / (x1 - x0)) * (y1 - y0);
  }
  return ends[last + 1];
}

function read(table) {
  const rows = [];
  for (const cell of table.querySelectorAll("[data-weight]")) {
    const scores = new Map();
    for (const input of cell.closest("tr").querySelectorAll("[data-score]")) {
      scores.set(input.dataset.score, likely(input.value));
    }
    rows.push({ weight: number(cell.value ?? cell.dataset.value) ?? 0, rule: cell.closest("tr").dataset, scores });
  }
  return rows;
}

function totals(rows, options) {
  const sum = rows.reduce((all, row) => all + row.weight, 0);
  return options.map((option) => {
    let total = 0;
    for (const { weight, rule, scores } of rows) {
      if (weight === 0) continue;
      const score = scores.get(option);
      if (score == null) return null;
      total += (weight / sum) * worth(score, rule, [...scores.values()].filter((each) => each != null));
    }
    return sum ? total : null;
  });
}

function refresh(table) {
  const cells = [...table.querySelectorAll("[data-total]")];
  const values = totals(read(table), cells.map((cell) => cell.dataset.total));
  const best = Math.max(...values.filter((value) => value != null));
  cells.forEach((cell, index) => {
    const value = values[index];
    const leads = value != null && Math.abs(value - best) < 0.05;
    cell.textContent = value == null ? "—" : value.toFixed(1);
    cell.classList.toggle("lead", leads);
    if (leads) {
      const tag = document.createElement("span");
      tag.className = "tag ok";
      tag.textContent = table.dataset.leads ?? "Leads";
      cell.append(" ", tag);
    }
  });
  const sum = table.querySelector("[data-weight-sum]");
  if (sum) sum.textContent = String(+read(table).reduce((all, row) => all + row.weight, 0).toFixed(2));
}

/** On a phone, one option at a time: a select above the table picks the column. */
function pickOne(table) {
  const select = table.closest("form, section, .card")?.querySelector("[data-matrix-pick]");
  if (!select) return;
  select.closest("[hidden]")?.removeAttribute("hidden");
  const show = () => {
    for (const head of table.tHead.querySelectorAll("[data-column]")) {
      const off = head.dataset.column !== select.value;
      for (const row of table.rows) row.cells[head.cellIndex]?.classList.toggle("off", off);
    }
  };
  select.addEventListener("change", show);
  show();
}

for (const table of document.querySelectorAll("[data-matrix]")) {
  table.addEventListener("input", () => refresh(table));
  refresh(table);
  pickOne(table);
}
