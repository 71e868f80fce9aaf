// A clock that all processes of a machine share: the system's monotonic one. Wall clocks are corrected as they run.

export function sharedMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
