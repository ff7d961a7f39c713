// The sensitivity strip: the ranking follows while a weight is dragged. Contract: <form data-sensitivity> with a select
// [name="weigh"], a range [name="share"] and an <output>; the table [data-standings] whose rows say data-line (their
// place in the lines) and hold [data-rank], [data-value], <meter> and [data-leads]; the JSON #sensitivity-lines with, by
// criterion, [weight now, [[value at 0 %, value at 100 %], …]]. The sums are the server's (domain/scoring/strip.py).

const LEVEL = 0.0005;

function start(form) {
  const body = document.querySelector("[data-standings]").tBodies[0];
  const data = JSON.parse(document.getElementById("sensitivity-lines").textContent);
  const { weigh, share } = form.elements;

  const show = () => {
    const [now, lines] = data[weigh.value];
    const values = lines.map(([none, all]) => none + ((all - none) * share.value) / 100);
    const rows = [...body.rows].map((row) => {
      const line = Number(row.dataset.line);
      const rank = 1 + values.filter((other) => other > values[line] + LEVEL).length;
      row.querySelector("[data-rank]").textContent = rank;
      row.querySelector("[data-value]").textContent = values[line].toFixed(1);
      row.querySelector("meter").value = values[line];
      row.querySelector("[data-leads]").hidden = rank !== 1;
      return { row, rank, line };
    });
    rows.sort((a, b) => a.rank - b.rank || a.line - b.line);
    body.append(...rows.map((each) => each.row));
    form.querySelector("output").textContent = `${Number(share.value)} %, now ${now} %`;
  };

  share.addEventListener("input", show);
  weigh.addEventListener("change", () => {
    share.value = data[weigh.value][0];
    show();
  });
  form.querySelector("button").hidden = true;
}

document.querySelectorAll("[data-sensitivity]").forEach(start);
