// The signature against one that a Standard Webhooks library made, and against all that may be wrong with it.

package drover

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

const (
	vectorSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	vectorBody   = `{"test": 2432232314}`
	otherSecret  = "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA=="
)

var vectorTime = time.Unix(1614265330, 0)

func vectorHeader() http.Header {
	header := http.Header{}
	header.Set("Job-Id", "job-1")
	header.Set("Job-Fence", "3")
	header.Set("webhook-id", "job-1.3")
	header.Set("webhook-timestamp", "1614265330")
	header.Set("webhook-signature", "v1,ZMSNdGhLwFI0LxyLvE+C+qJFaVnP4NjBEZzoDYNJCls=")
	return header
}

func TestVerify(t *testing.T) {
	set := func(name, value string) func(http.Header) {
		return func(header http.Header) { header.Set(name, value) }
	}
	for name, test := range map[string]struct {
		secrets []string
		change  func(http.Header)
		body    string
		after   time.Duration
		want    error
	}{
		"the known vector":         {},
		"one of two secrets":       {secrets: []string{otherSecret, vectorSecret}},
		"one of two signatures":    {change: set("webhook-signature", "v1a,AAAA v1,AAAA v1,ZMSNdGhLwFI0LxyLvE+C+qJFaVnP4NjBEZzoDYNJCls=")},
		"without padding":          {change: set("webhook-signature", "v1,ZMSNdGhLwFI0LxyLvE+C+qJFaVnP4NjBEZzoDYNJCls")},
		"almost too old":           {after: 5 * time.Minute},
		"too old":                  {after: 5*time.Minute + time.Second, want: ErrSignature},
		"too new":                  {after: -5*time.Minute - time.Second, want: ErrSignature},
		"another secret":           {secrets: []string{otherSecret}, want: ErrSignature},
		"another body":             {body: `{"test": 2432232315}`, want: ErrSignature},
		"another id":               {change: set("webhook-id", "job-1.4"), want: ErrSignature},
		"shown for another job":    {change: set("Job-Id", "job-2"), want: ErrSignature},
		"shown for another call":   {change: set("Job-Fence", "4"), want: ErrSignature},
		"another time":             {change: set("webhook-timestamp", "1614265331"), want: ErrSignature},
		"a time that is none":      {change: set("webhook-timestamp", "08:00"), want: ErrSignature},
		"a signature of no kind":   {change: set("webhook-signature", "ZMSNdGhLwFI0LxyLvE+C+qJFaVnP4NjBEZzoDYNJCls="), want: ErrSignature},
		"no signature":             {change: func(h http.Header) { h.Del("webhook-signature") }, want: ErrSignature},
		"no id":                    {change: func(h http.Header) { h.Del("webhook-id") }, want: ErrSignature},
		"a time beyond all clocks": {change: set("webhook-timestamp", "9223372036854775807"), want: ErrSignature},
	} {
		t.Run(name, func(t *testing.T) {
			secrets, body, header := test.secrets, test.body, vectorHeader()
			if secrets == nil {
				secrets = []string{vectorSecret}
			}
			if body == "" {
				body = vectorBody
			}
			if test.change != nil {
				test.change(header)
			}
			verifier, err := NewVerifier(secrets...)
			if err != nil {
				t.Fatal(err)
			}
			if err := verifier.Verify(header, []byte(body), vectorTime.Add(test.after)); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestVerifierTakesNothingButSecrets(t *testing.T) {
	for _, secrets := range [][]string{{}, {""}, {"whsec_"}, {"whsec_?"}, {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, {vectorSecret, ""}} {
		if verifier, err := NewVerifier(secrets...); err == nil || verifier != nil {
			t.Errorf("%q was taken", secrets)
		}
	}
}
