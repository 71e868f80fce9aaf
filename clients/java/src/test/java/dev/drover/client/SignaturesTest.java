// Signatures against the scheme of Standard Webhooks, and against what is not quite it.
package dev.drover.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SignaturesTest {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final byte[] BODY = "{\"test\": 2432232314}".getBytes(UTF_8);
  private static final Instant TIME = Instant.ofEpochSecond(1_614_265_330);

  /** By the npm package standardwebhooks. */
  private static final String SIGNATURE = "v1,ZDKeO/QUmOdqV5KDfoLLe6I1yPepiM1YdHrHcEpT+3A=";

  private final Map<String, String> headers =
      new HashMap<>(
          Map.of(
              "Job-Id", "j1",
              "Job-Fence", "3",
              "webhook-id", "j1.3",
              "webhook-timestamp", "1614265330",
              "webhook-signature", SIGNATURE));

  private boolean verifies(String... secrets) {
    return new Signatures(secrets).verify(headers::get, BODY, TIME);
  }

  @Test
  void knowsWhatWasSigned() {
    assertTrue(verifies(SECRET));
  }

  @Test
  void takesAnyOfSeveralSecretsAndSignatures() {
    headers.put("webhook-signature", "v1a,AAAA v1,AAAA " + SIGNATURE);
    assertTrue(verifies("whsec_AAAA", SECRET));
  }

  @Test
  void refusesAnotherSecretBodyOrSignature() {
    assertFalse(verifies("whsec_AAAA"));
    assertFalse(new Signatures(SECRET).verify(headers::get, new byte[0], TIME));
    headers.put("webhook-signature", SIGNATURE.substring(3));
    assertFalse(verifies(SECRET));
  }

  @Test
  void refusesWhatIsOldOrYetToCome() {
    Signatures signatures = new Signatures(SECRET);
    assertTrue(signatures.verify(headers::get, BODY, TIME.plusSeconds(300)));
    assertFalse(signatures.verify(headers::get, BODY, TIME.plusSeconds(301)));
    assertFalse(signatures.verify(headers::get, BODY, TIME.minusSeconds(301)));
  }

  @Test
  void refusesTheSignatureOfAnotherCall() {
    for (var other : List.of(Map.entry("Job-Id", "j2"), Map.entry("Job-Fence", "4"))) {
      String own = headers.put(other.getKey(), other.getValue());
      assertFalse(verifies(SECRET), other.getKey());
      headers.put(other.getKey(), own);
    }
  }

  @Test
  void refusesMissingHeaders() {
    for (String name : List.copyOf(headers.keySet())) {
      String value = headers.remove(name);
      assertFalse(verifies(SECRET), name);
      headers.put(name, value);
    }
  }

  @Test
  void takesNoSecretThatIsNone() {
    for (String secret : new String[] {null, "", "whsec_", "whsec_#", SECRET.substring(6)}) {
      var error = assertThrows(IllegalArgumentException.class, () -> new Signatures(SECRET, secret));
      assertEquals("a secret must be whsec_ and base64", error.getMessage());
    }
    assertThrows(IllegalArgumentException.class, Signatures::new);
  }
}
