// In a matrix the arrow keys move from cell to cell, Home and End along the row; Tab enters and leaves it as ever.
const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0], Home: [0, -Infinity], End: [0, Infinity] };

function linkAt(row, column, direction) {
  for (let at = column; at >= 0 && at < row.cells.length; at += direction) {
    const link = row.cells[at].querySelector("a[href]");
    if (link) return link;
  }
  return null;
}

function target(cell, [down, right]) {
  const row = cell.parentElement;
  if (down) {
    const next = down > 0 ? row.nextElementSibling : row.previousElementSibling;
    return next && (linkAt(next, cell.cellIndex, -1) ?? linkAt(next, cell.cellIndex, 1));
  }
  if (right === Infinity) return linkAt(row, row.cells.length - 1, -1);
  if (right === -Infinity) return linkAt(row, 0, 1);
  return linkAt(row, cell.cellIndex + right, right);
}

export function moveBetweenCells() {
  document.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    const cell = event.target.closest?.("[data-matrix] tbody th, [data-matrix] tbody td");
    if (!step || !cell || event.ctrlKey || event.metaKey || event.altKey) return;
    const link = target(cell, step);
    if (!link) return;
    event.preventDefault();
    link.focus();
  });
}
