// Two pages for Drover in Go: /billing, a master that makes one child a user, and /user-stats, its child, which tells how
// far it is. Of Drover they know the page helper of its Go client, and no server.
package main

import (
	"context"
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

func billing(ctx context.Context, call *drover.Call) (any, error) {
	var input struct{ Users int }
	if err := call.Decode(&input); err != nil {
		return nil, err
	}
	if input.Users < 1 || input.Users > 1_000 {
		return nil, drover.Never("users must be 1 to 1000")
	}
	// Called again, this page attaches: the same key is the same batch, the same child key the same child.
	batch, existing, err := call.Children(ctx, &drover.Batch{Key: "users"}, statsOf(input.Users, call.Request.Host))
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

func userStats(ctx context.Context, call *drover.Call) (any, error) {
	user, err := strconv.Atoi(call.Request.URL.Query().Get("userid"))
	if err != nil || user < 0 {
		return nil, drover.Never("userid must be a number")
	}
	rows := 0
	for done := 1; done <= 3; done++ {
		select {
		case <-time.After(300 * time.Millisecond): // The work.
		case <-ctx.Done(): // Cancelled, or nobody listens any more.
			return nil, context.Cause(ctx)
		}
		rows += user
		if err := call.Progress(float64(done), 3, ""); err != nil {
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
	http.Handle("POST /billing", &drover.Page{Handle: billing, Verifier: verifier})
	http.Handle("POST /user-stats", &drover.Page{Handle: userStats, Verifier: verifier})
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
