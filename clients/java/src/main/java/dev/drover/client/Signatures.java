// Whether a call comes from Drover: the Standard Webhooks signature, HMAC-SHA256 over id, time and body. The secret
// never appears in an error. Knows no framework: headers are a function.
package dev.drover.client;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The secrets with which Drover may sign its calls. */
public final class Signatures {
  private static final String PREFIX = "whsec_";
  private static final String ALGORITHM = "HmacSHA256";

  /** What Standard Webhooks recommends. */
  private static final long AGE_SECONDS = 300;

  private final List<SecretKeySpec> keys;

  /**
   * @param secrets {@code whsec_} and base64, as the server has it; several while one is replaced by another.
   *     INVALID_ARGUMENT for anything else, such as null, which a setting is that is missing
   */
  public Signatures(String... secrets) {
    if (secrets.length == 0) throw DroverException.invalid("secret", "is missing");
    keys = Stream.of(secrets).map(Signatures::keyOf).toList();
  }

  /**
   * Whether one of the secrets signed this body, at most five minutes from now.
   *
   * @param headers the value of a header by its name, in whatever case; null if it is absent
   * @param body as it came
   */
  public boolean verify(UnaryOperator<String> headers, byte[] body, Instant now) {
    String id = headers.apply("webhook-id");
    String time = headers.apply("webhook-timestamp");
    String signatures = headers.apply("webhook-signature");
    if (id == null || signatures == null || time == null || !time.matches("\\d{1,12}")) return false;
    if (Math.abs(now.getEpochSecond() - Long.parseLong(time)) > AGE_SECONDS) return false;
    for (SecretKeySpec key : keys) {
      byte[] expected = sign(key, id + "." + time + ".", body).getBytes(StandardCharsets.US_ASCII);
      for (String signature : signatures.split(" ")) {
        // Compares in a time that does not tell how much of it was right.
        if (MessageDigest.isEqual(expected, signature.getBytes(StandardCharsets.US_ASCII))) return true;
      }
    }
    return false;
  }

  private static String sign(SecretKeySpec key, String head, byte[] body) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update(head.getBytes(StandardCharsets.UTF_8));
      return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
    } catch (GeneralSecurityException missing) {
      throw new IllegalStateException("every Java has " + ALGORITHM, missing);
    }
  }

  private static SecretKeySpec keyOf(String secret) {
    if (secret != null && secret.startsWith(PREFIX) && secret.length() > PREFIX.length()) {
      try {
        return new SecretKeySpec(Base64.getDecoder().decode(secret.substring(PREFIX.length())), ALGORITHM);
      } catch (IllegalArgumentException notBase64) {
        throw DroverException.invalid("secret", "must be " + PREFIX + " and base64");
      }
    }
    throw DroverException.invalid("secret", "must be " + PREFIX + " and base64");
  }
}
