// Paste cells of a spreadsheet straight into a table of fields. Contract: text fields in a <table class="matrix"> or
// <table class="inputs">; what is pasted on one of them fills to the right and downwards from there. Without this script,
// and for tables with names, there is "Paste a table".

const FIELDS = "input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea";

const cellsOf = (text) => text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n").map((line) => line.split("\t"));

function fieldsOf(row) {
  return [...row.querySelectorAll(FIELDS)];
}

document.addEventListener("paste", (event) => {
  const field = event.target.closest?.("table.matrix input, table.inputs input");
  const cells = field && cellsOf(event.clipboardData.getData("text/plain"));
  if (!field || (cells.length === 1 && cells[0].length === 1)) return;
  event.preventDefault();
  const rows = [...field.closest("table").querySelectorAll("tbody tr")].filter((row) => fieldsOf(row).length);
  const top = rows.indexOf(field.closest("tr"));
  const left = fieldsOf(rows[top]).indexOf(field);
  cells.forEach((line, down) => {
    const fields = rows[top + down] ? fieldsOf(rows[top + down]) : [];
    line.forEach((text, right) => {
      const target = fields[left + right];
      if (target && !target.disabled) target.value = text.trim();
    });
  });
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
