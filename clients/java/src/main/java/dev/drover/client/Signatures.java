// Whether a call comes from Drover: the Standard Webhooks signature, HMAC-SHA256 over id, time and body. The secret
// never appears in an error. Knows no framework.
package dev.drover.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.hash.HashFunction;
import com.google.common.hash.Hashing;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The secrets with which Drover may sign its calls. */
public final class Signatures {
  private static final String PREFIX = "whsec_";

  /** What Standard Webhooks recommends. */
  private static final long AGE_SECONDS = 300;

  private final List<HashFunction> keys;

  /**
   * @param secrets {@code whsec_} and base64, as the server has it; several while one is replaced by another.
   *     IllegalArgumentException for none, and for anything else, such as null, which a setting is that is missing
   */
  public Signatures(String... secrets) {
    if (secrets.length == 0) throw new IllegalArgumentException("a secret is needed");
    keys = Stream.of(secrets).map(Signatures::keyOf).toList();
  }

  /**
   * Whether one of the secrets signed this body, at most five minutes from now, for the call that the headers tell of.
   *
   * @param headers the value of a header by its name, in whatever case; null if it is absent
   * @param body as it came
   */
  public boolean verify(UnaryOperator<String> headers, byte[] body, Instant now) {
    // Else a signature that somebody was given for one job would do for any.
    String id = headers.apply("Job-Id") + "." + headers.apply("Job-Fence");
    String time = headers.apply("webhook-timestamp");
    String given = headers.apply("webhook-signature");
    if (!id.equals(headers.apply("webhook-id")) || given == null) return false;
    if (time == null || !time.matches("\\d{1,12}")) return false;
    if (Math.abs(now.getEpochSecond() - Long.parseLong(time)) > AGE_SECONDS) return false;
    for (HashFunction key : keys) {
      var hmac = key.newHasher().putString(id + "." + time + ".", UTF_8).putBytes(body).hash();
      byte[] expected = ("v1," + Base64.getEncoder().encodeToString(hmac.asBytes())).getBytes(UTF_8);
      for (String one : given.split(" ")) {
        // Compares in a time that does not tell how much of it was right.
        if (MessageDigest.isEqual(expected, one.getBytes(UTF_8))) return true;
      }
    }
    return false;
  }

  private static HashFunction keyOf(String secret) {
    try {
      if (secret != null && secret.startsWith(PREFIX)) {
        return Hashing.hmacSha256(Base64.getDecoder().decode(secret.substring(PREFIX.length())));
      }
    } catch (IllegalArgumentException none) {
      // What it says would tell a part of the secret.
    }
    throw new IllegalArgumentException("a secret must be " + PREFIX + " and base64");
  }
}
