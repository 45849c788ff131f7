/**
 * The settings form as a table. Ranges are the core's business: it refuses with a sentence what cannot be trained.
 *
 * @typedef {import("./i18n.js").Key} Key
 * @typedef {{ key: string, step?: string, min?: string, choices?: readonly string[], more?: boolean }} Field
 *   `choices` names the strings `KEY.CHOICE`; `more`: behind the fold
 * @typedef {{ title: Key, fields: Field[] }} Group
 */

/** @type {Group[]} */
export const GROUPS = [
  {
    title: "group.network",
    fields: [
      { key: "norm", choices: ["weight", "none"] },
      { key: "nfeature", min: "1" },
      { key: "code_size", min: "1" },
      { key: "nlayer", min: "-1", more: true },
    ],
  },
  {
    title: "group.training",
    fields: [
      { key: "batch_size", min: "1" },
      { key: "order", choices: ["alternating", "simultaneous"] },
      { key: "seed", min: "0" },
      { key: "warmup", min: "0", more: true },
      { key: "decay", min: "0", step: "any", more: true },
      { key: "eps", min: "0", step: "any", more: true },
      { key: "niter", min: "0", more: true },
      { key: "vis_size", min: "1", more: true },
    ],
  },
  {
    title: "group.test",
    fields: [
      { key: "test_interval", min: "0" },
      { key: "test_steps", min: "1" },
      { key: "running", min: "1", more: true },
      { key: "test_lr", min: "0", step: "any", more: true },
    ],
  },
];
