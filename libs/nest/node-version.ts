/** The Node that Rollcall is built, tested and shipped on; older ones lack what it calls. */
const LEAST = 24;

/** Throws one sentence for the operator when this Node (`process.versions.node`) is too old to run Rollcall [R59]. */
export function requireNode(version: string = process.versions.node): void {
  if (Number.parseInt(version, 10) >= LEAST) return;
  throw new Error(
    `Rollcall needs Node ${LEAST} or newer and was started on ${version}: use the npm scripts or the image, which bring it`,
  );
}
