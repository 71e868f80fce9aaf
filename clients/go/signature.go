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

// signatureAge is how old or new a signature may be: what Standard Webhooks recommends.
const signatureAge = 5 * time.Minute

// ErrSignature is what [Verifier.Verify] fails with.
var ErrSignature = errors.New("drover: the signature is missing, old or wrong")

// Verifier checks that it was Drover who called.
type Verifier struct {
	keys [][]byte
}

// NewVerifier takes the secrets that the server may have, each "whsec_" and base64: several while one is replaced by
// another. It fails with codes.InvalidArgument for none, and for what is no secret, such as a setting that is missing.
func NewVerifier(secrets ...string) (*Verifier, error) {
	if len(secrets) == 0 {
		return nil, invalid("secrets", "must be one at least")
	}
	made := &Verifier{}
	for _, secret := range secrets {
		encoded, marked := strings.CutPrefix(secret, "whsec_")
		key, err := bytesOf(encoded)
		if !marked || err != nil || len(key) == 0 {
			return nil, invalid("secrets", "each must be whsec_ and base64")
		}
		made.keys = append(made.keys, key)
	}
	return made, nil
}

// Verify returns nil if one of the secrets signed this body, as it came, at most five minutes from now; else
// [ErrSignature].
func (v *Verifier) Verify(header http.Header, body []byte) error {
	return v.VerifyAt(header, body, time.Now())
}

// VerifyAt is [Verifier.Verify] at another time.
func (v *Verifier) VerifyAt(header http.Header, body []byte, now time.Time) error {
	id, sent := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(sent, 10, 64)
	if id == "" || err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > signatureAge {
		return ErrSignature
	}
	for _, entry := range strings.Fields(header.Get("webhook-signature")) {
		encoded, known := strings.CutPrefix(entry, "v1,")
		signature, err := bytesOf(encoded)
		if !known || err != nil {
			continue // One of another version, beside which one of ours may stand.
		}
		for _, key := range v.keys {
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte(id + "." + sent + "."))
			mac.Write(body)
			if hmac.Equal(signature, mac.Sum(nil)) {
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
