/**
 * wgpu 30 cannot ask a browser for subgroups, so its calls pass through here and the feature is added to what they ask
 * for. Products run through the registers of a subgroup on adapters that are a processor (src/nn/product.rs).
 *
 * @returns {Promise<boolean>} whether devices opened from now on have the feature
 */
export async function addSubgroups() {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter?.features.has("subgroups")) return false;
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = function (descriptor = {}) {
    /** @type {Set<GPUFeatureName>} */
    const features = new Set([...(descriptor.requiredFeatures ?? []), "subgroups"]);
    return requestDevice.call(this, { ...descriptor, requiredFeatures: [...features] });
  };
  return true;
}
