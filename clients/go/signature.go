// Who calls a page: the Standard Webhooks signature (version 1, HMAC-SHA256 over id, time and body). It knows no page. A
// secret never appears in an error.

package drover

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrSignature is what [Verifier.Verify] fails with.
var ErrSignature = errors.New("drover: the signature is missing, old, wrong or that of another call")

// Verifier checks that it was Drover who called.
type Verifier struct {
	keys [][]byte
}

// NewVerifier takes the secrets that the server may have, each "whsec_" and base64: several while one is replaced by
// another. It fails for none, and for what is no secret, such as a setting that is missing.
func NewVerifier(secrets ...string) (*Verifier, error) {
	made := &Verifier{}
	for _, secret := range secrets {
		encoded, marked := strings.CutPrefix(secret, "whsec_")
		if key, err := bytesOf(encoded); marked && err == nil && len(key) > 0 {
			made.keys = append(made.keys, key)
		}
	}
	if len(secrets) == 0 || len(made.keys) < len(secrets) {
		return nil, errors.New("drover: a secret must be whsec_ and base64")
	}
	return made, nil
}

// Verify returns nil if one of the secrets signed this body, as it came, at most five minutes from now, for the call
// that the headers tell of; else [ErrSignature].
func (v *Verifier) Verify(header http.Header, body []byte, now time.Time) error {
	id, sent := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(sent, 10, 64)
	// Else a signature that somebody was given for one job would do for any.
	own := id == header.Get("Job-Id")+"."+header.Get("Job-Fence")
	if err != nil || !own || now.Sub(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return ErrSignature
	}
	for _, key := range v.keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + sent + "."))
		mac.Write(body)
		expected := mac.Sum(nil)
		for _, entry := range strings.Fields(header.Get("webhook-signature")) {
			encoded, known := strings.CutPrefix(entry, "v1,")
			// One of another version may stand beside one of ours.
			if signature, err := bytesOf(encoded); known && err == nil && hmac.Equal(signature, expected) {
				return nil
			}
		}
	}
	return ErrSignature
}

// bytesOf takes base64 with or without its padding.
func bytesOf(encoded string) ([]byte, error) {
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
}
