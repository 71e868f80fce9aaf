// Two pages for Drover in Go: /billing, a master that makes one child a user, and /user-stats, its child, which tells how
// far it is. They are made with the page helper of Drover's Go client, and the master's children with the client itself.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"iter"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	drover "drover.dev/go"
)

// pages is what the pages share.
type pages struct{ client *drover.Client }

func (p pages) billing(ctx context.Context, call *drover.Call) (any, error) {
	var input struct{ Users int }
	if err := json.Unmarshal(call.Payload, &input); err != nil {
		return nil, &drover.Failure{Message: err.Error(), Final: true}
	}
	if input.Users < 1 || input.Users > 1_000 {
		return nil, &drover.Failure{Message: "users must be 1 to 1000", Final: true}
	}
	// Called again, this page attaches: the same key is the same batch, the same child key the same child.
	children := statsOf(input.Users, call.Request.Host)
	batch, existing, err := p.client.Children(ctx, call.Attempt, &drover.Batch{Key: "users"}, children)
	if err != nil {
		return nil, err // Answered with 500: Drover calls again later.
	}
	return map[string]any{"batch": batch.Id, "users": input.Users, "existing": existing}, nil
}

// statsOf yields the children one by one: there may be any number of them.
func statsOf(users int, host string) iter.Seq[*drover.Job] {
	return func(yield func(*drover.Job) bool) {
		for user := 1; user <= users; user++ {
			page := &drover.Endpoint{Url: fmt.Sprintf("http://%s/user-stats?userid=%d", host, user)}
			if !yield(&drover.Job{ChildKey: fmt.Sprintf("user-%d", user), Endpoint: page}) {
				return
			}
		}
	}
}

func (p pages) userStats(ctx context.Context, call *drover.Call) (any, error) {
	user, err := strconv.Atoi(call.Request.URL.Query().Get("userid"))
	if err != nil || user < 0 {
		return nil, &drover.Failure{Message: "userid must be a number", Final: true}
	}
	rows := 0
	total := 3.0
	for done := 1.0; done <= total; done++ {
		select {
		case <-time.After(300 * time.Millisecond): // The work.
		case <-ctx.Done(): // Cancelled, or nobody listens any more.
			return nil, context.Cause(ctx)
		}
		rows += user
		if err := call.Progress(&drover.Progress{Done: &done, Total: &total}); err != nil {
			return nil, err
		}
	}
	return map[string]int{"userid": user, "rows": rows}, nil
}

func main() {
	port := flag.Int("port", 8000, "the port on 127.0.0.1; 0 is a free one")
	flag.Parse()
	var verifier *drover.Verifier // Without a secret, whoever reaches the pages may call them.
	if secret, set := os.LookupEnv("DROVER_SIGNING_SECRET"); set {
		var err error
		if verifier, err = drover.NewVerifier(secret); err != nil {
			log.Fatal(err)
		}
	}
	address, set := os.LookupEnv("DROVER_ADDRESS")
	if !set {
		address = "127.0.0.1:7070"
	}
	client, err := drover.NewClient(address)
	if err != nil {
		log.Fatal(err)
	}
	pages := pages{client}
	http.Handle("POST /billing", &drover.Page{Handle: pages.billing, Verifier: verifier})
	http.Handle("POST /user-stats", &drover.Page{Handle: pages.userStats, Verifier: verifier})
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
