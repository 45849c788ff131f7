/**
 * A sentence with its blanks, `{name}`, filled in; one without a value stays.
 * @param {string} text
 * @param {Readonly<Record<string, string>>} values
 */
export const fill = (text, values) =>
  text.replace(/\{(\w+)\}/g, (blank, name) => (Object.hasOwn(values, name) ? values[name] : blank));
