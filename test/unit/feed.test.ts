// The feeds: who is told of a change, when, and what goes to other servers.

import { describe, expect, it } from "vitest";
import type { Change, SignalChannel } from "../../server/core/store.js";
import { LocalFeed } from "../../server/feed/local-feed.js";
import { StoreFeed } from "../../server/feed/store-feed.js";

const CHANGE: Change = { jobIds: ["a"], queues: ["q"], cancelled: [], batchIds: [] };

/** A channel whose other end is the test. */
class Channel implements SignalChannel {
  readonly sent: Change[] = [];
  follows = 0;
  other: { onChange: (change: Change) => void; onGap: () => void } | undefined;

  send(change: Change): void {
    this.sent.push(change);
  }

  follow(onChange: (change: Change) => void, onGap: () => void): () => Promise<void> {
    this.follows += 1;
    this.other = { onChange, onGap };
    return async () => {
      this.other = undefined;
    };
  }
}

describe("a local feed", () => {
  it("tells every subscriber before publish returns, with what is absent empty", () => {
    const feed = new LocalFeed();
    const heard: Change[] = [];
    feed.subscribe((change) => heard.push(change));
    feed.subscribe((change) => heard.push(change));
    feed.publish({ jobIds: ["a"] });
    const whole = { jobIds: ["a"], queues: [], cancelled: [], batchIds: [] };
    expect(heard).toEqual([whole, whole]);
  });

  it("tells nothing to who has unsubscribed", () => {
    const feed = new LocalFeed();
    const heard: Change[] = [];
    const unsubscribe = feed.subscribe((change) => heard.push(change));
    feed.publish(CHANGE);
    unsubscribe();
    feed.publish(CHANGE);
    expect(heard).toEqual([CHANGE]);
  });

  it("takes a subscriber who leaves while being told", () => {
    const feed = new LocalFeed();
    const heard: string[] = [];
    const leave = feed.subscribe(() => {
      heard.push("first");
      leave();
    });
    feed.subscribe(() => heard.push("second"));
    feed.publish(CHANGE);
    feed.publish(CHANGE);
    expect(heard).toEqual(["first", "second", "second"]);
  });
});

describe("a feed over a store", () => {
  it("tells its own subscribers at once and sends the change to other servers", () => {
    const channel = new Channel();
    const feed = new StoreFeed(channel);
    const heard: Change[] = [];
    feed.subscribe((change) => heard.push(change));
    feed.publish({ cancelled: ["b"], pausing: true });
    const whole = { jobIds: [], queues: [], cancelled: ["b"], batchIds: [], pausing: true };
    expect(heard).toEqual([whole]);
    expect(channel.sent).toEqual([whole]);
  });

  it("sends nothing where nothing changed", () => {
    const channel = new Channel();
    new StoreFeed(channel).publish({ jobIds: [] });
    expect(channel.sent).toEqual([]);
  });

  it("tells subscribers what other servers changed, without sending it on", () => {
    const channel = new Channel();
    const feed = new StoreFeed(channel);
    const heard: Change[] = [];
    feed.subscribe((change) => heard.push(change));
    feed.start();
    channel.other?.onChange(CHANGE);
    expect(heard).toEqual([CHANGE]);
    expect(channel.sent).toEqual([]);
  });

  it("tells of a gap in what was followed", () => {
    const channel = new Channel();
    const feed = new StoreFeed(channel);
    let gaps = 0;
    feed.subscribe(
      () => {},
      () => {
        gaps += 1;
      },
    );
    feed.start();
    channel.other?.onGap();
    expect(gaps).toBe(1);
  });

  it("follows other servers once, however often it is started, and stops as often as it is asked to", async () => {
    const channel = new Channel();
    const feed = new StoreFeed(channel);
    feed.start();
    feed.start();
    expect(channel.follows).toBe(1);
    await feed.stop();
    await feed.stop();
    expect(channel.other).toBeUndefined();
    feed.start();
    expect(channel.follows).toBe(2);
  });
});
