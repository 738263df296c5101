package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/stripe/stripe-go/v85/webhook"
)

type event struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

func main() {
	secret := os.Getenv("WEBHOOK_SECRET") // the whole of it, whsec_ included
	if len(secret) < 38 || !strings.HasPrefix(secret, "whsec_") {
		log.Fatal("WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_") // without it, anybody could sign
	}
	var seen sync.Map // a table with a unique index, where it is to last

	http.HandleFunc("POST /webhooks", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		// Not ConstructEvent: it wants an event of Stripe's, and refuses ours.
		if err != nil || webhook.ValidatePayload(body, r.Header.Get("CallingBox-Signature"), secret) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		var e event
		if json.Unmarshal(body, &e) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if _, again := seen.LoadOrStore(e.ID, true); !again {
			fmt.Println(e.Type, e.ID) // what takes longer goes into a queue of yours
		}
		w.WriteHeader(http.StatusNoContent)
	})
	log.Fatal(http.ListenAndServe("localhost:"+os.Getenv("PORT"), nil))
}
