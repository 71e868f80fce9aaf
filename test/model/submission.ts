// What a caller does to fill a batch, as a program of single writes and reads: the order of the protocol in one place.

export type Op =
  | { readonly kind: "draft" | "register" | "open" | "count" | "seal" }
  /** AddJobs: its entry into `pending`, one insert for each member, its entry out again. */
  | { readonly kind: "enter" | "leave"; readonly entry: string; readonly places: readonly number[] }
  | { readonly kind: "insert"; readonly place: number };

/** What a sweep does for a master that succeeded and left its batch open. */
export const SWEEP_PROGRAM: readonly Op[] = [{ kind: "count" }, { kind: "seal" }];

/** `byName`: an entry names the chunk only, not its content. */
export function programOf(chunks: readonly (readonly number[])[], byName: boolean): readonly Op[] {
  return [
    { kind: "draft" },
    { kind: "register" },
    { kind: "open" },
    ...chunks.flatMap((places, chunk): Op[] => {
      const entry = byName ? `${chunk}` : `${chunk}:${places.join("+")}`;
      return [
        { kind: "enter", entry, places },
        ...places.map((place) => ({ kind: "insert", place }) as const),
        { kind: "leave", entry, places },
      ];
    }),
    ...SWEEP_PROGRAM,
  ];
}
