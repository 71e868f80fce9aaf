// The allow-list as a table: which spellings of which addresses may be called under which entries.

import { describe, expect, it } from "vitest";
import { DroverError } from "../../../server/core/errors.js";
import { AddressGuard, destinationOf } from "../../../server/endpoint/address-guard.js";
import { FORBIDDEN_SPELLINGS } from "../../support/spellings.js";

const guard = (allow: string[], allowLoopback = false) => new AddressGuard({ allow, allowLoopback });
const LOCAL = guard([], true);
const WIDE = guard(["0.0.0.0/0", "::/0"]);

/** Judges a name that resolved to an address, as the dialer does. */
const dial = (judge: AddressGuard, url: string, address: string) =>
  judge.dialRefusal(destinationOf(new URL(url)), address);

describe("without entries", () => {
  it.each([
    "http://127.0.0.1/",
    "http://127.255.0.9:8080/a?b",
    "http://[::1]:1/",
    "https://localhost/",
    "http://LOCALHOST.:80/",
    "http://page.localhost/",
    "http://127.1/",
    "http://[::ffff:127.0.0.1]/",
    "http://0x7f000001/",
  ])("%s may be called while the server itself listens on loopback, and not otherwise", (url) => {
    expect(LOCAL.refusal(url)).toBeUndefined();
    expect(guard([]).refusal(url)).toContain("allow-list");
  });

  it.each([
    "http://example.com/",
    "http://93.184.216.34/",
    "http://10.0.0.1/",
    "http://[2606:2800::1]/",
    "http://localhost.example/",
    "http://notlocalhost/",
    "http://127.0.0.1.nip.io/",
  ])("%s is refused", (url) => {
    expect(LOCAL.refusal(url)).toContain("not in the allow-list");
  });

  it("a name other than localhost may not resolve to loopback: that would be its owner's choice", () => {
    expect(dial(LOCAL, "http://rebinding.example/", "127.0.0.1")).toContain("loopback");
    expect(dial(LOCAL, "http://localhost/", "127.0.0.1")).toBeUndefined();
    expect(dial(LOCAL, "http://localhost/", "10.0.0.1")).toContain("not in the allow-list");
  });
});

describe("loopback and special addresses", () => {
  it.each(FORBIDDEN_SPELLINGS)("%s is refused, even where every address is allowed", (url) => {
    expect(guard([]).refusal(url)).toEqual(expect.any(String));
    expect(WIDE.refusal(url)).toMatch(/and the allow-list does not name it/);
  });

  it.each(FORBIDDEN_SPELLINGS)("%s is refused to a name that is allowed and resolves to it", (url) => {
    const address = new URL(url).hostname.replace(/^\[|\]$/g, "");
    expect(dial(guard(["named.example", "0.0.0.0/0", "::/0"]), "http://named.example/", address)).toMatch(
      /does not name it/,
    );
  });

  it.each([
    ["169.254.169.254", "http://169.254.169.254/"],
    ["169.254.0.0/16", "http://169.254.7.7/"],
    ["169.254.7.0/24", "http://[::ffff:169.254.7.7]/"],
    ["[::ffff:169.254.7.0]/120", "http://169.254.7.7/"],
    ["fe80::/10", "http://[fe80::1]/"],
    ["127.0.0.0/8", "http://127.8.8.8/"],
    ["127.0.0.1:8080", "http://127.0.0.1:8080/"],
    ["[::1]:8080", "http://[::1]:8080/"],
    ["localhost", "http://localhost/"],
    ["0.0.0.0", "http://0.0.0.0/"],
    ["64:ff9b::7f00:1", "http://127.0.0.1/"],
    ["0x7f.1", "http://127.0.0.1/"],
  ])("%s opens %s by name", (entry, url) => expect(guard([entry]).refusal(url)).toBeUndefined());

  it("an entry for all of link-local does not open the metadata address in it", () => {
    expect(guard(["169.254.0.0/16"]).refusal("http://169.254.169.254/")).toContain("metadata");
  });

  it("an entry for localhost opens loopback to that name only", () => {
    const localhost = guard(["localhost:80"]);
    expect(dial(localhost, "http://localhost/", "::1")).toBeUndefined();
    expect(localhost.refusal("http://localhost:81/")).toContain("not in the allow-list");
    expect(localhost.refusal("http://127.0.0.1/")).toContain("loopback");
  });
});

describe("an entry", () => {
  it.each([
    ["10.0.0.0/8", "http://10.1.2.3/", "http://11.0.0.1/"],
    ["10.1.2.3", "https://10.1.2.3:99/", "http://10.1.2.4/"],
    ["10.1.2.3:80", "http://10.1.2.3/", "https://10.1.2.3/"],
    ["https://10.1.2.3", "https://10.1.2.3/", "http://10.1.2.3/"],
    ["http://10.0.0.0/8:8080", "http://10.9.9.9:8080/", "http://10.9.9.9/"],
    ["10.0.0.0/8", "http://[::ffff:10.0.0.1]/", "http://[::ffff:11.0.0.1]/"],
    ["10.0.0.0/8", "http://[64:ff9b::a00:1]/", "http://[64:ff9b::b00:1]/"],
    ["10.0.0.0/8", "http://[2002:a00:1::1]/", "http://[2002:b00:1::1]/"],
    ["2001:db8::/32", "http://[2001:db8:1::2]/", "http://[2001:db9::1]/"],
    ["[2001:db8::/32]:443", "https://[2001:db8::1]/", "http://[2001:db8::1]/"],
    ["[2001:db8::]/32:443", "https://[2001:db8::1]/", "http://[2001:db8::1]/"],
    ["[2001:db8::1]:80", "http://[2001:db8:0::1]/", "http://[2001:db8::2]/"],
    ["0.0.0.0/0", "http://8.8.8.8/", "http://[2606:2800::1]/"],
    ["::/0", "http://[2606:2800::1]/", "http://8.8.8.8/"],
    ["pages.example", "http://PAGES.example./a", "http://a.pages.example/"],
    ["*.pages.example", "http://a.b.pages.example/", "http://pages.example/"],
    ["*.pages.example", "http://a.pages.example/", "http://apages.example/"],
    ["bücher.example", "http://xn--bcher-kva.example/", "http://bucher.example/"],
    ["HTTPS://Pages.Example:8443", "https://pages.example:8443/", "https://pages.example/"],
    ["my_host", "http://my_host/", "http://my-host/"],
  ])("%s allows %s and not %s", (entry, allowed, refused) => {
    expect(guard([entry]).refusal(allowed)).toBeUndefined();
    expect(guard([entry]).refusal(refused)).toEqual(expect.any(String));
  });

  it("for a name allows it on an intranet, judged when it is dialled", () => {
    const named = guard(["pages.example:80"]);
    expect(dial(named, "http://pages.example/", "192.168.1.9")).toBeUndefined();
    expect(dial(named, "http://pages.example/", "fd12::9")).toBeUndefined();
    expect(dial(named, "http://pages.example/", "127.0.0.1")).toContain("loopback");
    expect(dial(named, "http://pages.example/", "fe80::1%eth0")).toContain("link-local");
    expect(dial(named, "http://other.example/", "192.168.1.9")).toContain("not in the allow-list");
    expect(dial(guard(["pages.example"], true), "http://pages.example/", "127.0.0.1")).toBeUndefined();
  });

  it("for addresses leaves any name to be judged when it has resolved", () => {
    const inside = guard(["10.0.0.0/8"]);
    expect(inside.refusal("http://pages.example/")).toBeUndefined();
    expect(dial(inside, "http://pages.example/", "10.0.0.9")).toBeUndefined();
    expect(dial(inside, "http://pages.example/", "8.8.8.8")).toBe("pages.example (8.8.8.8) is not in the allow-list");
  });

  it.each([
    "",
    "*",
    "*.",
    "http://",
    "ftp://a",
    "a/b",
    "a b",
    "a@b",
    "10.0.0.0/33",
    "10.0.0/8",
    "::/129",
    "fe80::1%eth0",
    "a:0",
    "a:65536",
    "a:x",
    "a:",
    "[a]:80",
    "[10.0.0.1]:80",
    "[::1",
    "::1]",
    "*.10.0.0.1",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "http://a/path",
    "a?b",
    "a#b",
    "-a",
    "999.1.1.1",
    "10.0.0.0/8:",
    "[::1]x",
    "a..b",
  ])("that reads %j is an error that names it", (entry) => {
    const make = () => guard(["10.0.0.1", entry]);
    expect(make).toThrow(DroverError);
    expect(make).toThrow(`allow: ${JSON.stringify(entry)}`);
  });
});

it("what is no http or https URL is refused", () => {
  for (const url of ["", "nonsense", "ftp://127.0.0.1/", "file:///etc/passwd", "data:,x", "http://"]) {
    expect(LOCAL.refusal(url)).toEqual(expect.any(String));
  }
});
