// The sensitivity strip: the ranking follows while a weight is dragged. Contract: <form data-sensitivity> with a select
// [name="weigh"], a range [name="share"] and an <output>; the table [data-standings] with rows [data-option] that hold
// [data-rank], [data-value], <meter> and [data-leads]; <script type="application/json"> after it with, by criterion,
// {now, lines: {option: [value at 0 %, value at 100 %]}}. The sums are the server's (decisions/domain/scoring/strip.py).

const LEVEL = 0.00005;

function start(form) {
  const table = document.querySelector("[data-standings]");
  const data = JSON.parse(document.getElementById("sensitivity-lines").textContent);
  const { weigh, share } = form.elements;

  const show = () => {
    const lines = data[weigh.value].lines;
    const values = new Map(Object.entries(lines).map(([id, [none, all]]) => [id, none + ((all - none) * share.value) / 100]));
    const order = Object.keys(lines);
    const rows = [...table.tBodies[0].rows].map((row) => {
      const value = values.get(row.dataset.option);
      const rank = 1 + [...values.values()].filter((other) => other > value + LEVEL).length;
      row.querySelector("[data-rank]").textContent = rank;
      row.querySelector("[data-value]").textContent = value.toFixed(1);
      row.querySelector("meter").value = value;
      row.querySelector("[data-leads]").hidden = rank !== 1;
      return { row, rank, place: order.indexOf(row.dataset.option) };
    });
    rows.sort((a, b) => a.rank - b.rank || a.place - b.place);
    table.tBodies[0].append(...rows.map((each) => each.row));
    form.querySelector("output").textContent = `${Number(share.value)} %, now ${data[weigh.value].now} %`;
  };

  share.addEventListener("input", show);
  weigh.addEventListener("change", () => {
    share.value = data[weigh.value].now;
    show();
  });
  form.querySelector("button").hidden = true;
}

document.querySelectorAll("[data-sensitivity]").forEach(start);
