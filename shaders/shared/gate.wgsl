// Inside the root of a weight-normalised addition's norm, as in every other weight norm.
const GATE_EPS: f32 = 1e-6;
