// A list that comes in pages: one page when asked for, or all items one after the other.

/** Iterate it for every item, page after page as they are needed; or call `page` for one. */
export class Paged<Page extends { readonly nextPageToken: string }, Item> implements AsyncIterable<Item> {
  readonly #fetch: (pageToken: string) => Promise<Page>;
  readonly #itemsOf: (page: Page) => readonly Item[];

  constructor(fetch: (pageToken: string) => Promise<Page>, itemsOf: (page: Page) => readonly Item[]) {
    this.#fetch = fetch;
    this.#itemsOf = itemsOf;
  }

  /** The page after the one that gave this token, or the first. The last page has an empty `nextPageToken`. */
  page(pageToken = ""): Promise<Page> {
    return this.#fetch(pageToken);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    let pageToken = "";
    do {
      const page = await this.#fetch(pageToken);
      yield* this.#itemsOf(page);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
  }
}
