import js from "@eslint/js";

export default [
  { ignores: ["**/*.d.ts"] },
  js.configs.recommended,
  {
    rules: {
      "no-undef": "off", // The type check knows every name, the browser's and Node's included.
      "eqeqeq": "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
];
