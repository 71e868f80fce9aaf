"""The signature of a call, by the example that Standard Webhooks gives, and what must not pass."""

import base64
import hashlib
import hmac
import unittest

from drover import DroverError, is_signed

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TIME = 1614265330
BODY = b'{"test": 2432232314}'
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": str(TIME),
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


class Signature(unittest.TestCase):
    def test_the_known_example(self) -> None:
        self.assertTrue(is_signed(SECRET, HEADERS, BODY, now=TIME))

    def test_one_of_several_secrets_and_signatures_is_enough(self) -> None:
        other = "whsec_b3RoZXI="
        several = {**HEADERS, "webhook-signature": f"v1,AAAA v2,x {HEADERS['webhook-signature']}"}
        self.assertTrue(is_signed([other, SECRET], several, BODY, now=TIME))
        self.assertFalse(is_signed(other, several, BODY, now=TIME))

    def test_a_secret_may_come_without_padding(self) -> None:
        for secret in ("whsec_b3RoZXI=", "whsec_b3RoZXI"):
            signature = base64.b64encode(hmac.new(b"other", b"a.%d." % TIME + BODY, hashlib.sha256).digest()).decode()
            headers = {**HEADERS, "webhook-id": "a", "webhook-signature": f"v1,{signature}"}
            self.assertTrue(is_signed(secret, headers, BODY, now=TIME))

    def test_anything_that_was_changed_is_refused(self) -> None:
        self.assertFalse(is_signed(SECRET, HEADERS, BODY + b" ", now=TIME))
        for name in HEADERS:
            with self.subTest(name):
                self.assertFalse(is_signed(SECRET, {**HEADERS, name: HEADERS[name] + "1"}, BODY, now=TIME))
                left = {key: value for key, value in HEADERS.items() if key != name}
                self.assertFalse(is_signed(SECRET, left, BODY, now=TIME))

    def test_five_minutes_and_no_more(self) -> None:
        for now, fresh in ((TIME + 300, True), (TIME - 300, True), (TIME + 301, False), (TIME - 301, False)):
            with self.subTest(now=now):
                self.assertEqual(is_signed(SECRET, HEADERS, BODY, now=now), fresh)

    def test_times_and_signatures_that_are_none(self) -> None:
        for seconds in ("", "now", "-1", "1e9", "١٦١٤٢٦٥٣٣٠"):
            with self.subTest(seconds):
                self.assertFalse(is_signed(SECRET, {**HEADERS, "webhook-timestamp": seconds}, BODY, now=TIME))
        self.assertFalse(is_signed(SECRET, {**HEADERS, "webhook-signature": "ü"}, BODY, now=TIME))

    def test_a_secret_that_is_none_is_an_error_and_no_open_door(self) -> None:
        for secret in ("", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_???", "whsec_ü"):
            with self.subTest(secret), self.assertRaises(DroverError):
                is_signed(secret, HEADERS, BODY, now=TIME)


if __name__ == "__main__":
    unittest.main()
