// Signatures against the example of the Standard Webhooks scheme, and against what is not quite it.
package dev.drover.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SignaturesTest {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final String SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
  private static final byte[] BODY = "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8);
  private static final Instant TIME = Instant.ofEpochSecond(1_614_265_330);

  private final Map<String, String> headers =
      new HashMap<>(
          Map.of(
              "webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek",
              "webhook-timestamp", "1614265330",
              "webhook-signature", SIGNATURE));

  private boolean verifies(String... secrets) {
    return new Signatures(secrets).verify(headers::get, BODY, TIME);
  }

  @Test
  void knowsTheExampleOfTheScheme() {
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
  void refusesMissingHeaders() {
    for (String name : headers.keySet().toArray(String[]::new)) {
      String value = headers.remove(name);
      assertFalse(verifies(SECRET), name);
      headers.put(name, value);
    }
  }

  @Test
  void takesNoSecretThatIsNone() {
    for (String secret : new String[] {null, "", "whsec_", "whsec_#", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}) {
      DroverException error = assertThrows(DroverException.class, () -> new Signatures(secret));
      assertEquals("secret", error.fields().get(0).getField());
    }
  }
}
