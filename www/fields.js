/**
 * The settings form as a table. Ranges are the core's business: it refuses with a sentence what cannot be trained.
 *
 * @typedef {import("./i18n.js").Key} Key
 * @typedef {import("./types.js").Config} Config
 * @typedef {object} Field
 * @property {string} key
 * @property {string} [step]
 * @property {string} [min]
 * @property {readonly string[]} [choices] names the strings `KEY.CHOICE`, and `KEY.CHOICE.hint` where there is one
 * @property {boolean} [more] behind the fold
 * @property {(config: Config) => boolean} [when] only then has the setting a meaning
 * @typedef {{ title: Key, fields: Field[] }} Group
 */

const ACTIVATIONS = ["auto", "relu", "trelu", "prelu", "tprelu"];

/** @type {Group[]} */
export const GROUPS = [
  {
    title: "group.network",
    fields: [
      { key: "norm", choices: ["weight", "none", "batch", "weight-affine", "spectral"] },
      { key: "statistics", choices: ["running", "batch"], when: ({ norm }) => norm === "batch" },
      { key: "nfeature", min: "1" },
      { key: "code_size", min: "1" },
      { key: "net", choices: ["dcgan", "resnet"], more: true },
      { key: "nblock", min: "1", more: true, when: ({ net }) => net === "resnet" },
      { key: "nlayer", min: "-1", more: true },
      { key: "activation", choices: ACTIVATIONS, more: true },
    ],
  },
  {
    title: "group.training",
    fields: [
      { key: "batch_size", min: "1" },
      { key: "loss", choices: ["bce", "ls", "hinge"] },
      { key: "order", choices: ["alternating", "simultaneous"] },
      { key: "seed", min: "0" },
      { key: "optimiser", choices: ["rmsprop", "adam"], more: true },
      { key: "decay", min: "0", step: "any", more: true },
      { key: "beta1", min: "0", step: "any", more: true, when: ({ optimiser }) => optimiser === "adam" },
      { key: "beta2", min: "0", step: "any", more: true, when: ({ optimiser }) => optimiser === "adam" },
      { key: "eps", min: "0", step: "any", more: true },
      { key: "warmup", min: "0", more: true },
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
      { key: "final", min: "1", more: true },
      { key: "test_lr", min: "0", step: "any", more: true },
    ],
  },
];
