import { html } from "lit-html";

/** @param {string[]} head @param {string[][]} rows @param {boolean} [hidden] */
export const table = (head, rows, hidden = false) => html`<table ?hidden=${hidden}>
  <thead><tr>${head.map((text) => html`<th scope="col">${text}</th>`)}</tr></thead>
  <tbody>${rows.map((row) => html`<tr>${row.map((text) => html`<td>${text}</td>`)}</tr>`)}</tbody>
</table>`;
