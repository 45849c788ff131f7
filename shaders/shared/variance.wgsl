// Added to a variance before its root is taken (PyTorch's batch norm).
const VARIANCE_EPS: f32 = 1e-5;
