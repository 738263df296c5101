package main

import (
	"testing"

	"github.com/stripe/stripe-go/v85/webhook"
)

func TestConstructEventRefusesWhatValidatePayloadAccepts(t *testing.T) {
	body := `{"id":"1","type":"call.busy","created":1,"api_version":"2026-04","data":{"call":{"id":"2"}}}`
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload: []byte(body),
		Secret:  "whsec_0123456789abcdef0123456789abcdef",
	})
	if err := webhook.ValidatePayload(signed.Payload, signed.Header, signed.Secret); err != nil {
		t.Errorf("ValidatePayload: %v", err)
	}
	if _, err := webhook.ConstructEvent(signed.Payload, signed.Header, signed.Secret); err == nil {
		t.Error("ConstructEvent accepts it: the recipe's comment, and src/webhook/README.md, are out of date")
	} else {
		t.Log(err)
	}
}
