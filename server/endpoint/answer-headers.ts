// The headers of a page's answer, as undici gives them: of one that was sent more than once all values, whatever the type
// of Node's own headers says of its name.

export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The first, as Node's own client has it of headers that hold one value. */
export function headerOf(headers: AnswerHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "object" ? value[0] : value;
}
