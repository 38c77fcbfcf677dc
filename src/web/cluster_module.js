// The cluster's module is an ES module of its own; only JavaScript can import one by an address known at run time.
export async function open(code, wasm) {
  const cluster = await import(code);
  await cluster.default({ module_or_path: wasm });
  return cluster;
}
