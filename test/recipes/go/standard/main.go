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

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type event struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

func main() {
	secret := os.Getenv("WEBHOOK_SECRET")
	if len(secret) < 38 || !strings.HasPrefix(secret, "whsec_") {
		log.Fatal("WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_") // without it, anybody could sign
	}
	webhook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		log.Fatal(err)
	}
	var seen sync.Map // a table with a unique index, where it is to last

	http.HandleFunc("POST /webhooks", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil || webhook.Verify(body, r.Header) != nil {
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
